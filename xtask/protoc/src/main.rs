//! Puts `protoc` and its standard includes into the folder named by the first argument.
//!
//! tf-provider's build script runs protoc. The crate protoc-bin-vendored carries one for every common platform, so no
//! package manager and no root are needed. This program is a package of its own so that it can be built before
//! anything that needs what it installs.

use std::path::Path;
use std::{env, error, fs, io};

fn main() -> Result<(), Box<dyn error::Error>> {
    let root = env::args_os().nth(1).ok_or("usage: protoc-setup <folder>")?;
    let root = Path::new(&root);
    fs::create_dir_all(root.join("bin"))?;
    // Copied beside its final name and moved there: a run that is cut short leaves no half of a program behind.
    let partial = root.join("bin/.protoc.partial");
    fs::copy(protoc_bin_vendored::protoc_bin_path()?, &partial)?;
    fs::rename(&partial, root.join(format!("bin/protoc{}", env::consts::EXE_SUFFIX)))?;
    copy_tree(&protoc_bin_vendored::include_path()?, &root.join("include"))?;
    Ok(())
}

fn copy_tree(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_tree(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
