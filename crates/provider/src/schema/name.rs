//! Field names of the API in Terraform's spelling: `hostIP` is `host_ip`.
//!
//! A word of capitals is one word (`hostIPC` is `host_ipc`), also in the plural (`podIPs` is `pod_ips`, `targetWWNs` is
//! `target_wwns`). The way back needs the schema, which knows which of `host_ip`'s letters are capitals:
//! [`super::Object::attribute`].

/// The attribute that stands for the API field `field`.
pub fn attribute_name(field: &str) -> String {
    let letters: Vec<char> = field.chars().collect();
    let mut name = String::with_capacity(field.len() + 4);
    for (index, letter) in letters.iter().enumerate() {
        if index > 0 && letter.is_ascii_uppercase() && starts_word(&letters, index) {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

/// Whether the capital at `index` begins a word: it follows a small letter, or it is the last of several capitals and
/// a word of small letters follows that is more than a plural's `s`.
fn starts_word(letters: &[char], index: usize) -> bool {
    if !letters[index - 1].is_ascii_uppercase() {
        return true;
    }
    let small = letters[index + 1..]
        .iter()
        .take_while(|letter| letter.is_ascii_lowercase())
        .count();
    let plural = small == 1 && letters[index + 1] == 's';
    small > 0 && !plural
}

#[cfg(test)]
mod tests {
    use super::attribute_name;

    #[test]
    fn words_of_capitals_stay_whole() {
        for (field, attribute) in [
            ("name", "name"),
            ("containerPort", "container_port"),
            ("matchLabels", "match_labels"),
            ("hostIP", "host_ip"),
            ("hostIPC", "host_ipc"),
            ("hostPID", "host_pid"),
            ("podIPs", "pod_ips"),
            ("clusterIP", "cluster_ip"),
            ("fsGroup", "fs_group"),
            ("pdID", "pd_id"),
            ("diskURI", "disk_uri"),
            ("datasetUUID", "dataset_uuid"),
            ("targetWWNs", "target_wwns"),
            ("setHostnameAsFQDN", "set_hostname_as_fqdn"),
            ("scaleIO", "scale_io"),
            ("downwardAPI", "downward_api"),
            ("awsElasticBlockStore", "aws_elastic_block_store"),
            ("windowsOptions", "windows_options"),
            ("gmsaCredentialSpec", "gmsa_credential_spec"),
            ("seLinuxOptions", "se_linux_options"),
            ("runAsUser", "run_as_user"),
            ("nfs", "nfs"),
            ("iscsi", "iscsi"),
            ("chapAuthDiscovery", "chap_auth_discovery"),
            ("HTTPServer", "http_server"),
            ("fieldsV1", "fields_v1"),
        ] {
            assert_eq!(attribute_name(field), attribute);
        }
    }
}
