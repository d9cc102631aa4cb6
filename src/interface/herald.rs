//! Tells the PBX's listeners what became of calls and users: on a thread of its own, so that
//! neither the delivery nor the channel events wait for them.

use crate::control::manager::{self, Event};
use crate::control::views::CallView;
use crate::delivery::News;
use crate::journal::Journal;
use crossbeam_channel::Receiver;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

/// The thread; it ends with the delivery.
pub struct Herald(JoinHandle<()>);

impl Herald {
    /// Publishes news, each once, in their order.
    ///
    /// # Errors
    /// The system has no thread left.
    pub fn start(
        news: Receiver<News>,
        journal: Arc<Journal>,
        mut publish: Box<dyn FnMut(&Event) + Send>,
    ) -> io::Result<Herald> {
        let thread = thread::Builder::new().name("sf-herald".into());
        let thread = thread.spawn(move || {
            for news in news {
                let told = catch_unwind(AssertUnwindSafe(|| {
                    if let Some(event) = event(&news, &journal) {
                        publish(&event);
                    }
                }));
                if told.is_err() {
                    log::error!("An event of the Salesforce interface was not published");
                }
            }
        })?;
        Ok(Herald(thread))
    }

    /// Waits for its end.
    pub fn join(self) {
        // Its panics were caught.
        let _ = self.0.join();
    }
}

/// `None`: the call is gone from the journal.
fn event(news: &News, journal: &Journal) -> Option<Event> {
    let call = |id: &i64| match journal.call(*id) {
        Ok(call) => call.map(CallView::from),
        Err(problem) => {
            log::debug!("No event for call {id}: {problem}");
            None
        }
    };
    Some(match news {
        News::Written(id) => manager::written(&call(id)?),
        News::Failed(id) => manager::failed(&call(id)?),
        News::User(news) => manager::user_state(news),
    })
}
