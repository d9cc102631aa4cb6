//! A `salesforce.conf` that takes its time: an `#exec` in it waits until the test opens a gate.

use crate::scene::{PATIENCE, Plan, Scene};
use private_pbx::eventually;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

/// Lets Asterisk's configurations run programs.
pub fn plan(plan: Plan) -> Plan {
    let builder = plan.builder.clone().option("execincludes = yes");
    Plan { builder, ..plan }
}

/// Whoever reads the configuration waits at it.
pub struct Gate {
    folder: PathBuf,
}

impl Gate {
    /// Puts it at the end of `salesforce.conf`.
    pub fn new(scene: &Scene) -> Gate {
        let folder = scene.pbx.path("gate");
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, Permissions::from_mode(0o777)).unwrap();
        let inner = scene.pbx.inner_path("gate");
        let inner = inner.display();
        let script =
            format!("touch {inner}/waiting\nwhile [ ! -e {inner}/open ]; do sleep 0.02; done\n");
        fs::write(folder.join("wait.sh"), script).unwrap();
        let path = scene.pbx.path("etc/salesforce.conf");
        let conf = fs::read_to_string(&path).unwrap();
        let conf = format!("{conf}\n#exec \"/bin/sh {inner}/wait.sh\"\n");
        scene.pbx.write_etc("salesforce.conf", &conf).unwrap();
        Gate { folder }
    }

    /// Waits until somebody waits.
    pub fn wait(&self) {
        eventually("somebody at the gate", PATIENCE, || {
            self.folder.join("waiting").exists()
        })
        .unwrap();
    }

    /// From here on nobody waits any more.
    pub fn open(&self) {
        File::create(self.folder.join("open")).unwrap();
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.open();
    }
}
