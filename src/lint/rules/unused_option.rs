use crate::model::Package;

use super::super::rule::Report;

pub(super) fn check(package: &Package, report: &mut Report<'_>) {
    for option in &package.unread_options {
        let name = &option.value;
        report.at(option.place, format!("nothing reads the option `{name}`")).help =
            Some(format!("remove it, or read it as `%{{option.{name}}}` or in a condition of `platform:`"));
    }
}
