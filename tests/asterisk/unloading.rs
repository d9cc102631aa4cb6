//! Nothing of the module is left that anybody could run into.

use crate::gate::{self, Gate};
use crate::scene::PATIENCE;
use crate::web::office::{self, ADMIN, Office, status};
use private_pbx::eventually;
use std::thread;

/// A save of the page that is still reading the configuration when the module goes: it may not
/// put the page back.
#[test]
fn a_page_that_is_wanted_late_does_not_come_back() {
    let office = Office::of(gate::plan(office::plan()).start());
    let scene = &office.scene;
    let (cookie, token) = office.session(ADMIN);
    let gate = Gate::new(scene);
    let headers = format!("{cookie}X-Salesforce-Token: {token}\nContent-Type: application/json\n");
    thread::scope(|scope| {
        let save = || {
            let body = r#"{"name":"anna","fingerprint":"?","set":{"language":"de"}}"#;
            office.post("/salesforce/api/save", &headers, body)
        };
        let saving = scope.spawn(save);
        gate.wait();
        let unload = scope.spawn(|| scene.unload());
        let is_told = || {
            let queues = scene.cli("core show taskprocessors like stasis/m:ansitel");
            !queues.contains("ansitel:salesforce")
        };
        eventually("nothing is told to the module any more", PATIENCE, is_told).unwrap();
        gate.open();
        unload.join().unwrap();
        // It was given up before.
        assert_eq!(status(&saving.join().unwrap()), 503);
    });
    let pages = scene.cli("http show status");
    assert!(!pages.contains("salesforce"), "{pages}");
    for _ in 0..3 {
        assert_eq!(status(&office.ask("GET", "/salesforce/", "")), 404);
    }
    scene.load();
    assert_eq!(status(&office.ask("GET", "/salesforce/", "")), 200);
}
