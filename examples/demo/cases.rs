//! What Salesforce holds, as tables.

use salesforce_simulator::Simulator;
use serde_json::Value;

/// Prints the Cases and the Accounts.
pub fn show(sim: &Simulator) {
    let accounts = sim.records("Account");
    let users = sim.records("User");
    let named = |records: &[Value], id: &Value, field: &str| {
        let found = records.iter().find(|record| record["Id"] == *id);
        found.map_or_else(|| "-".to_owned(), |record| text(&record[field]))
    };
    let mut rows = vec![row([
        "Case",
        "Owner",
        "Subject",
        "SuppliedPhone",
        "Account",
    ])];
    for case in sim.records("Case") {
        rows.push(vec![
            text(&case["CaseNumber"]),
            named(&users, &case["OwnerId"], "Username"),
            text(&case["Subject"]),
            text(&case["SuppliedPhone"]),
            named(&accounts, &case["AccountId"], "Name"),
        ]);
    }
    print(&rows);
    println!();
    let mut rows = vec![row(["Account", "Phone", "Id"])];
    for account in &accounts {
        rows.push(vec![
            text(&account["Name"]),
            text(&account["Phone"]),
            text(&account["Id"]),
        ]);
    }
    print(&rows);
    if let Some(case) = sim.records("Case").last() {
        println!("\nThe last Case's Description:\n");
        for line in text(&case["Description"]).lines() {
            println!("    {line}");
        }
    }
}

fn row<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| "-".to_owned(), str::to_owned)
}

fn print(rows: &[Vec<String>]) {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| {
        rows.iter()
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for row in rows {
        let cells = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}"));
        println!("{}", cells.collect::<Vec<_>>().join("  ").trim_end());
    }
}
