use crate::diag::Severity;
use crate::shell::tree::{Simple, Span, Word};

use super::super::call::{Layer, layers};
use super::super::fetchers::fetches;
use super::super::flow::{Context, Node};
use super::super::rule::{Report, Scene};
use super::super::settings::settings;
use super::super::spread::spread;
use super::super::words::letters;

/// Options of a program with which it takes whatever certificate it is shown (curl(1), wget(1), aria2c(1), git-config(1),
/// npm-config(7), ssh_config(5)).
const OPTIONS: [(&str, &[&str]); 15] = [
    ("curl", &["--insecure", "--proxy-insecure", "--doh-insecure"]),
    ("wget", &["--no-check-certificate"]),
    ("wget2", &["--no-check-certificate"]),
    ("aria2c", &["--check-certificate=false"]),
    ("git", &["http.sslVerify=false", "http.sslverify=false"]),
    ("http", &["--verify=no", "--verify=false"]),
    ("https", &["--verify=no", "--verify=false"]),
    ("podman", &["--tls-verify=false"]),
    ("buildah", &["--tls-verify=false"]),
    ("skopeo", &["--tls-verify=false", "--src-tls-verify=false", "--dest-tls-verify=false"]),
    ("sftp", &["StrictHostKeyChecking=no", "-oStrictHostKeyChecking=no"]),
    ("npm", &["--strict-ssl=false", "--no-strict-ssl"]),
    ("ssh", &["StrictHostKeyChecking=no", "StrictHostKeyChecking no", "-oStrictHostKeyChecking=no"]),
    ("scp", &["StrictHostKeyChecking=no", "-oStrictHostKeyChecking=no"]),
    ("go", &["-insecure"]),
];

/// Settings that programs keep, with the words that switch verification off.
const KEPT: [(&str, &str, &[&str]); 5] = [
    ("git", "http.sslVerify", &["false", "0", "no"]),
    ("git", "http.sslverify", &["false", "0", "no"]),
    ("npm", "strict-ssl", &["false"]),
    ("yarn", "strict-ssl", &["false"]),
    ("composer", "disable-tls", &["true"]),
];

/// Variables that switch it off, with the value that does; `""` stands for any but an empty one.
const VARIABLES: [(&str, &str); 5] = [
    ("GIT_SSL_NO_VERIFY", ""),
    ("NODE_TLS_REJECT_UNAUTHORIZED", "0"),
    ("PYTHONHTTPSVERIFY", "0"),
    ("GOINSECURE", ""),
    ("npm_config_strict_ssl", "false"),
];

/// Letters of curl after which the rest of the word is a value (curl(1)).
const CURL_VALUED: &str = "AbCcDdEeFHhKmoPQrTtUuwXxYyz";

/// Ways of fetching that anybody between can change.
const PLAIN: [&str; 4] = ["http://", "ftp://", "git://", "svn://"];

/// What compares a fetched file with something that is known.
const COMPARES: [&str; 6] = ["sha256", "sha512", "b2sum", "gpg --verify", "gpgv", "minisign"];

pub(super) fn check(node: Node<'_>, context: &Context<'_>, _: Scene, report: &mut Report<'_>) {
    let Node::Simple(simple) = node else { return };
    variables(simple, context, report);
    // Nearly every command names no program of these.
    let words = spread(&simple.words, context.state);
    let named = words.iter().any(|word| {
        word.first_text().is_some_and(|text| {
            text.contains("://")
                || text.starts_with('-')
                || KEPT.iter().any(|(_, setting, _)| *setting == text)
        })
    });
    if named {
        layers(&words, context.state).iter().for_each(|layer| program(layer, context, report));
    }
}

fn variables(simple: &Simple, context: &Context<'_>, report: &mut Report<'_>) {
    settings(simple, &VARIABLES.map(|(name, _)| name), |set| {
        let value = context.state.resolved(&set.value).unwrap_or_default();
        let off = |(_, wanted): &&(&str, &str)| {
            if wanted.is_empty() { !value.is_empty() } else { value == *wanted }
        };
        if VARIABLES.iter().filter(|(name, _)| *name == set.name).any(|one| off(&one)) {
            without_certificate(&format!("${}", set.name), set.span, context, report);
        }
    });
}

fn program(layer: &Layer<'_>, context: &Context<'_>, report: &mut Report<'_>) {
    let name = layer.name.as_str();
    let options =
        OPTIONS.iter().find(|(program, _)| *program == name).map_or(&[][..], |(_, options)| options);
    let off = layer.arguments.iter().find(|word| {
        let Some(text) = word.literal() else { return false };
        options.contains(&&*text)
            || name == "curl" && (letters(&text, CURL_VALUED).contains('k') || text.starts_with("--inse"))
            || name == "wget" && text.starts_with("--no-che")
            || name.starts_with("pip") && text.starts_with("--trusted-host")
    });
    if let Some(word) = off {
        without_certificate(&word.literal().unwrap_or_default(), word.span, context, report);
        return;
    }
    let kept = layer.arguments.windows(2).find(|pair| {
        let (setting, value) = (pair[0].literal(), pair[1].literal());
        KEPT.iter().any(|(program, wanted, values)| {
            *program == name
                && setting.as_deref() == Some(*wanted)
                && value.as_deref().is_some_and(|value| values.contains(&value))
        })
    });
    if let Some([setting, value]) = kept {
        without_certificate(
            &setting.literal().unwrap_or_default(),
            setting.span.to(value.span),
            context,
            report,
        );
        return;
    }
    let plain = layer.arguments.iter().find_map(|word| Some((word, plain(word)?)));
    if let Some((word, scheme)) = plain
        && fetches(layer).is_some()
        && !COMPARES.iter().any(|text| context.text.as_str().contains(text))
    {
        let message = format!("whoever is between can change what comes over `{scheme}`");
        let finding = report.in_text(context.text, word.span, message);
        finding.severity = Severity::Warning;
        finding.help =
            Some("use `https://`, or compare what comes with a digest that is written down".to_owned());
    }
}

fn without_certificate(what: &str, span: Span, context: &Context<'_>, report: &mut Report<'_>) {
    let finding =
        report.in_text(context.text, span, format!("with `{what}` any server passes for the right one"));
    finding.help =
        Some("leave it out; give the server's own certificate where that is not known here".to_owned());
}

/// The scheme of an address elsewhere that nothing protects.
fn plain(word: &Word) -> Option<&'static str> {
    let text = word.literal_prefix();
    let scheme = PLAIN.into_iter().find(|scheme| text.starts_with(scheme))?;
    let host = &text[scheme.len()..];
    let here = ["localhost", "127.", "[::1]", "169.254."].iter().any(|name| host.starts_with(name));
    (!here).then_some(scheme)
}
