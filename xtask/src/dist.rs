//! What a release is made of: archives for each platform, the registry's manifest, an SBOM, the licences and the checksums.
//!
//! The steps are apart, since a release has its archives built on several machines and signed on one. [`build`] makes the
//! archives of one target. [`seal`] adds what is one for all of them, and ends with the checksums. [`verify`] installs
//! what lies there as a user would.
//!
//! The names are those that Terraform's registry asks for. The version is that of the workspace, in the root `Cargo.toml`.

mod archive;
mod checksums;
mod dependencies;
mod elf;
mod folder;
mod installation;
mod licences;
mod manifest;
mod platform;
mod product;
mod sbom;
mod target;

use std::fs;
use std::path::Path;

use anyhow::Context;

use self::archive::Archive;
use self::checksums::Checksums;
use self::dependencies::Dependencies;
use self::folder::Folder;
use self::installation::Installation;
use self::platform::Platform;
use self::product::Product;
pub(crate) use self::target::Target;

/// Builds the programs for each target, and packs each into an archive; without a target, for this machine.
pub(crate) fn build(root: &Path, targets: &[Target]) -> anyhow::Result<()> {
    let folder = Folder::of_the_release(root)?;
    let dependencies = Dependencies::read(root)?;
    let targets = match targets {
        [] => vec![Target::of_this_machine()?],
        named => named.to_vec(),
    };
    // They are the same for every target, and one that is missing is told before minutes of building.
    let licences = Product::ALL.map(|product| licences::text(&dependencies.of(product.package())?));
    let licences: Vec<String> = licences.into_iter().collect::<anyhow::Result<_>>()?;
    for target in targets {
        target.build(root, Product::ALL.map(Product::package))?;
        let programs = target.programs(dependencies.target_directory());
        for (product, licences) in Product::ALL.into_iter().zip(&licences) {
            pack(root, &folder, target, product, &programs, licences)?;
        }
    }
    Ok(())
}

fn pack(
    root: &Path,
    folder: &Folder,
    target: Target,
    product: Product,
    programs: &Path,
    licences: &str,
) -> anyhow::Result<()> {
    let binary = programs.join(target.program(product.package()));
    let content = fs::read(&binary).with_context(|| format!("cannot read {}", binary.display()))?;
    if target.is_linux() {
        elf::needs_no_library(&content).with_context(|| format!("{} is not static", binary.display()))?;
    }
    let path = folder.file(&product.archive_name(folder.version(), target.platform()));
    let mut archive = Archive::create(&path)?;
    archive.add_program(&target.program(&product.program_name(folder.version())), &content)?;
    let own = root.join("LICENSE");
    let own = fs::read(&own).with_context(|| format!("cannot read {}", own.display()))?;
    archive.add_text("LICENSE", &own)?;
    archive.add_text("THIRD-PARTY-LICENSES.txt", licences.as_bytes())?;
    archive.finish()?;
    eprintln!("wrote {}", path.display());
    Ok(())
}

/// Adds what is one for all platforms, and the checksums of all that is there.
pub(crate) fn seal(root: &Path) -> anyhow::Result<()> {
    let folder = Folder::of_the_release(root)?;
    let dependencies = Dependencies::read(root)?;
    for product in Product::ALL {
        let document = sbom::document(&dependencies.of(product.package())?);
        folder.write(&product.sbom_name(folder.version()), &document)?;
    }
    folder.write(
        &Product::Provider.manifest_name(folder.version()),
        &manifest::read(root)?,
    )?;
    let checksums = Checksums::of(&folder)?;
    folder.write(
        &Product::Provider.checksums_name(folder.version()),
        &checksums.to_string(),
    )
}

/// Installs the archives of this machine's platform into an empty home, as the guide says, and applies the quickstart.
pub(crate) fn verify(root: &Path) -> anyhow::Result<()> {
    let folder = Folder::of_the_release(root)?;
    Checksums::read(&folder, &Product::Provider.checksums_name(folder.version()))?.hold_for(&folder)?;
    let installation = Installation::from_archives(&folder, Platform::of_this_machine())?;
    if cfg!(target_os = "linux") {
        installation.programs_run_without_a_libc()?;
    }
    installation.applies(&root.join("examples/quickstart/main.tf"))
}
