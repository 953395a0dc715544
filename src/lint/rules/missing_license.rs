use crate::model::Package;

use super::super::rule::Report;

pub(super) fn check(package: &Package, report: &mut Report<'_>) {
    if package.license.is_none() {
        let name = &package.name;
        report.at(name.place, format!("nothing says under which licence `{}` is", name.value)).help =
            Some("write `license:` with an SPDX expression, such as `MIT OR Apache-2.0`".to_owned());
    }
}
