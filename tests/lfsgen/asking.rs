//! What commands say of a project when they are asked about a part of it, or about specs that were changed just now.

use crate::building::Project;

#[test]
fn status_tells_of_the_packages_that_are_named_in_whatever_order_they_are_built() {
    let project = Project::new();
    // By name it is the first, and it is built last.
    project.spec("after", "[top]", "true");
    project.well(&["generate"]);
    for name in ["after", "base", "top"] {
        let told = project.well(&["status", name]);
        assert!(told.contains(&format!("\n{name} ")) && told.contains("\n1 package: "), "{name}: {told}");
    }
}
