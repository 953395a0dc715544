use crate::model::{Package, Project};

use super::super::rule::Report;

pub(super) fn check(project: &Project, _: &[Package], report: &mut Report<'_>) {
    for variable in &project.unread_variables {
        let name = &variable.value;
        report.at(variable.place, format!("nothing reads the variable `{name}`")).help =
            Some(format!("remove it, or read it as `%{{{name}}}`"));
    }
}
