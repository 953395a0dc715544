use spdx::error::{ParseError, Reason};
use spdx::identifiers::{EXCEPTIONS, LICENSES};
use spdx::{Expression, exception_id, imprecise_license_id, license_id};

use crate::diag::Severity;
use crate::model::Package;
use crate::suggest::did_you_mean;

use super::super::rule::Report;

pub(super) fn check(package: &Package, report: &mut Report<'_>) {
    let Some(license) = &package.license else { return };
    let Err(ParseError { span, reason, .. }) = Expression::parse(license.as_str()) else { return };
    let place = if span.is_empty() { license.place() } else { license.place_of(span.clone()) };
    let (word, after) = (&license.as_str()[span.clone()], &license.as_str()[span.end..]);
    match reason {
        Reason::DeprecatedLicenseId => {
            let finding = report.at(place, format!("SPDX has given up the name `{word}`"));
            finding.severity = Severity::Note;
            finding.help = gnu(word, after);
        }
        Reason::UnknownTerm | Reason::UnknownLicense | Reason::UnknownException => {
            let finding = report.at(place, format!("SPDX knows no licence `{word}`"));
            finding.help = Some(meant(word, after));
        }
        _ => {
            let finding = report.at(place, "this is no SPDX expression");
            finding.notes.push(reason.to_string());
            finding.help = Some("join SPDX's names of licences with `AND`, `OR` and `WITH`".to_owned());
        }
    }
}

/// What to write instead of a name that SPDX does not know.
fn meant(word: &str, after: &str) -> String {
    let licenses = LICENSES.iter().map(|license| license.name);
    let exceptions = EXCEPTIONS.iter().map(|exception| exception.name);
    let current = licenses
        .filter(|name| license_id(name).is_some_and(|id| !id.is_deprecated()))
        .chain(exceptions.filter(|name| exception_id(name).is_some_and(|id| !id.is_deprecated())));
    let imprecise = || {
        let (id, length) = imprecise_license_id(word)?;
        (length == word.len()).then(|| format!("did you mean `{}`?", id.name))
    };
    gnu(word, after).or_else(imprecise).or_else(|| did_you_mean(word, current)).unwrap_or_else(|| {
        "take its name from https://spdx.org/licenses, or write `LicenseRef-NAME` where it is not there"
            .to_owned()
    })
}

/// GNU's licences say in their names whether a later version will do (SPDX License List 3.0).
fn gnu(word: &str, after: &str) -> Option<String> {
    let lower = word.to_ascii_lowercase();
    let name = ["AGPL", "LGPL", "GPL", "GFDL"]
        .into_iter()
        .find(|name| lower.starts_with(name.to_ascii_lowercase().as_str()))?;
    let version = lower[name.len()..].trim_start_matches(['-', 'v']);
    let version = if version.contains('.') { version.to_owned() } else { format!("{version}.0") };
    let named = |end: &str| license_id(&format!("{name}-{version}-{end}")).map(|id| id.name);
    let (only, later) = (named("only")?, named("or-later")?);
    Some(if after.starts_with('+') {
        format!("write `{later}`")
    } else {
        format!("write `{only}` or `{later}`")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_license_is_too_strange_to_be_told() {
        for license in ["é", "MIT é", "MIT ORé", "GPLv3é", "(MIT", "LGPL-é", "", "DocumentRef-é:LicenseRef-é"]
        {
            let mut package = crate::model::testing::package("a", &[]);
            package.license = Some(crate::model::testing::text(license));
            let mut findings = Vec::new();
            let rule = crate::lint::rule("unknown-license").unwrap();
            check(&package, &mut Report { rule, findings: &mut findings });
            assert_eq!(findings.len(), 1, "{license}");
        }
    }

    #[test]
    fn names_in_use_lead_to_those_of_spdx() {
        for (word, after, expected) in [
            ("GPLv3", "", "write `GPL-3.0-only` or `GPL-3.0-or-later`"),
            ("GPL-2", "+ AND MIT", "write `GPL-2.0-or-later`"),
            ("LGPLv2.1", "", "write `LGPL-2.1-only` or `LGPL-2.1-or-later`"),
            ("Apache2", "", "did you mean `Apache-2.0`?"),
            ("mit", "", "did you mean `MIT`?"),
            ("BSD-3-clause", "", "did you mean `BSD-3-Clause`?"),
            ("LLVM-exceptions", "", "did you mean `LLVM-exception`?"),
        ] {
            assert_eq!(meant(word, after), expected);
        }
        assert!(meant("Proprietary", "").contains("LicenseRef-NAME"));
    }
}
