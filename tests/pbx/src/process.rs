//! Child processes that never outlive the tests.

use std::io;
use std::process::{Child, Command};
use std::sync::mpsc::{Sender, channel};
use std::sync::{LazyLock, Mutex};

type Job = (Command, Sender<io::Result<Child>>);

/// Starts all children from one thread that lives as long as this process.
///
/// Linux kills a child with a parent-death signal when the *thread* that
/// started it ends, and a test's thread may end before what it started.
static SPAWNER: LazyLock<Mutex<Sender<Job>>> = LazyLock::new(|| {
    let (jobs, queue) = channel::<Job>();
    std::thread::Builder::new()
        .name("pbx-spawner".into())
        .spawn(move || {
            for (mut command, reply) in queue {
                let _ = reply.send(command.spawn());
            }
        })
        .expect("a thread can be started");
    Mutex::new(jobs)
});

/// A command that is killed with this process, however this process ends.
pub(crate) fn command(program: &str) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--", program]);
    command
}

/// Starts a command made by [`command`].
pub(crate) fn spawn(command: Command) -> io::Result<Child> {
    let (reply, answer) = channel();
    SPAWNER
        .lock()
        .map_err(|_| io::Error::other("the spawner is gone"))?
        .send((command, reply))
        .map_err(io::Error::other)?;
    answer.recv().map_err(io::Error::other)?
}
