//! Programs that hold a file against a digest or a signature.

use super::call::Layer;

/// Programs that print digests, and with `-c` compare them (coreutils 9, Digest::SHA, b3sum).
const DIGESTS: [&str; 10] = [
    "b2sum",
    "b3sum",
    "cksum",
    "md5sum",
    "sha1sum",
    "sha224sum",
    "sha256sum",
    "sha384sum",
    "sha512sum",
    "shasum",
];

/// Programs that check signatures, with the words with which they do; none where they do nothing else.
const SIGNATURES: [(&str, &[&str]); 9] = [
    ("cosign", &["verify", "verify-blob"]),
    ("git", &["verify-commit", "verify-tag"]),
    ("gpg", &["--verify"]),
    ("gpg2", &["--verify"]),
    ("gpgv", &[]),
    ("minisign", &["-V", "-Vm"]),
    ("openssl", &["-verify", "-prverify"]),
    ("rpm", &["-K", "--checksig"]),
    ("signify", &["-V", "-C", "-Vq"]),
];

/// Whether a program fails where a file is not the right one.
pub(super) fn verifies(layer: &Layer<'_>) -> bool {
    let signature = SIGNATURES.iter().find(|(name, _)| *name == layer.name);
    is_digest(layer) && (layer.has_letter('c') || layer.has_long("--check"))
        || signature.is_some_and(|(_, words)| words.is_empty() || layer.has(words))
}

/// Whether a program prints a digest, with which the script may do the same.
pub(super) fn is_digest(layer: &Layer<'_>) -> bool {
    DIGESTS.contains(&layer.name.as_str())
}
