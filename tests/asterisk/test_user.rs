//! `salesforce test user`, from the console.

use crate::scene::{A, B, Plan};

#[test]
fn a_test_says_what_is_well_and_what_is_not() {
    let scene = Plan::default().b("case_field = Nope__c=x").start();
    let well = scene.cli(&format!("salesforce test user {}", A.0));
    assert!(well.ends_with("User [anna] can deliver calls.\n"), "{well}");
    assert_eq!(
        well.matches("\nok ").count() + 1,
        well.lines().count() - 1,
        "{well}"
    );
    let ill = scene.cli(&format!("salesforce test user {}", B.0));
    let failed: Vec<_> = ill
        .lines()
        .filter(|line| line.starts_with("FAILED"))
        .collect();
    assert!(failed.len() == 1 && failed[0].contains("Nope__c"), "{ill}");
    assert!(
        ill.contains("\n1 of 7 steps failed: calls of user [bert]"),
        "{ill}"
    );
    let nobody = scene.cli("salesforce test user nobody");
    assert!(
        nobody.starts_with("There is no Salesforce user 'nobody'"),
        "{nobody}"
    );
    assert!(scene.cli("salesforce test user").contains("Usage:"));
    let candidates = scene.cli(r#"_COMMAND MATCHESARRAY "salesforce test user be" "be""#);
    assert!(candidates.contains("bert"), "{candidates}");
    assert!(scene.sim.records("Case").is_empty());
    assert!(!(well + &ill).contains("secret"));
}
