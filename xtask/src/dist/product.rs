//! The two programs that are released, and what their files are called.

use crate::dist::platform::Platform;

/// A program that is released.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Product {
    /// The provider, which the registry serves.
    Provider,
    /// The local control plane.
    ControlPlane,
}

impl Product {
    /// Every program.
    pub(super) const ALL: [Self; 2] = [Self::Provider, Self::ControlPlane];

    /// The package that it is built from, which is also the name of what cargo builds.
    pub(super) fn package(self) -> &'static str {
        match self {
            Self::Provider => "terraform-provider-datum",
            Self::ControlPlane => "datum-control-plane",
        }
    }

    /// What the program is called in its archive. Terraform takes a file that begins with the name of the provider; the
    /// version in it is the registry's custom.
    pub(super) fn program_name(self, version: &str) -> String {
        match self {
            Self::Provider => format!("{}_v{version}", self.package()),
            Self::ControlPlane => self.package().to_owned(),
        }
    }

    /// `terraform-provider-datum_0.1.0_linux_amd64.zip`
    pub(super) fn archive_name(self, version: &str, platform: Platform) -> String {
        format!("{}_{version}_{platform}.zip", self.package())
    }

    /// `terraform-provider-datum_0.1.0_sbom.cdx.json`
    pub(super) fn sbom_name(self, version: &str) -> String {
        format!("{}_{version}_sbom.cdx.json", self.package())
    }

    /// `terraform-provider-datum_0.1.0_manifest.json`
    pub(super) fn manifest_name(self, version: &str) -> String {
        format!("{}_{version}_manifest.json", self.package())
    }

    /// `terraform-provider-datum_0.1.0_SHA256SUMS`
    pub(super) fn checksums_name(self, version: &str) -> String {
        format!("{}_{version}_SHA256SUMS", self.package())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_as_the_registry_asks() {
        let platform = Platform {
            os: "linux",
            arch: "amd64",
        };
        let provider = Product::Provider;
        assert_eq!(
            provider.archive_name("0.1.0", platform),
            "terraform-provider-datum_0.1.0_linux_amd64.zip"
        );
        assert_eq!(provider.program_name("0.1.0"), "terraform-provider-datum_v0.1.0");
        assert_eq!(
            provider.manifest_name("0.1.0"),
            "terraform-provider-datum_0.1.0_manifest.json"
        );
        assert_eq!(
            provider.checksums_name("0.1.0"),
            "terraform-provider-datum_0.1.0_SHA256SUMS"
        );
        assert_eq!(
            Product::ControlPlane.archive_name("0.1.0", platform),
            "datum-control-plane_0.1.0_linux_amd64.zip"
        );
    }
}
