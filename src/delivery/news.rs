//! What the delivery tells whoever listens, as soon as the journal has it on disk.

use super::schedule::Standing;
use super::status::{Condition, describe};
use crate::journal::Settlement;
use crossbeam_channel::Sender;
use std::collections::HashMap;

/// Something that has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// Salesforce has confirmed this call's Case or Task. With `create_on = answer` twice: when
    /// the Case appears and when it is complete.
    Written(i64),
    /// Salesforce refuses this call for good.
    Failed(i64),
    /// A user's state.
    User(UserNews),
}

/// A user's state has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserNews {
    /// Section name.
    pub user: String,
    /// The word for its state, as reports have it.
    pub state: &'static str,
    /// What it was before.
    pub former: &'static str,
    /// The same in words, with times and Salesforce's words.
    pub words: String,
    /// Its org's id, once known.
    pub org: Option<String>,
}

impl News {
    /// What is to be told once this is on disk.
    pub(super) fn of(settlement: &Settlement) -> Option<News> {
        match settlement {
            Settlement::Delivered { id, .. } | Settlement::Completed { id, .. } => {
                Some(News::Written(*id))
            }
            Settlement::Failed { id, .. } => Some(News::Failed(*id)),
            Settlement::PutBack { .. } => None,
        }
    }
}

/// Who listens, and what was told of the users.
#[derive(Default)]
pub(super) struct Listener {
    sender: Option<Sender<News>>,
    states: HashMap<String, &'static str>,
}

/// A user, as it is now.
pub(super) struct Now<'a> {
    pub name: &'a str,
    /// `None`: the interface is stopped.
    pub standing: Option<Standing>,
    pub enabled: bool,
    pub org: Option<&'a str>,
}

impl Listener {
    pub fn new(sender: Sender<News>) -> Listener {
        Listener {
            sender: Some(sender),
            states: HashMap::new(),
        }
    }

    pub fn tell(&self, news: News) {
        if let Some(sender) = &self.sender {
            // Fails when nobody listens any more.
            let _ = sender.send(news);
        }
    }

    /// Has the user another state than what was told?
    pub fn would_tell(&self, now: &Now<'_>) -> bool {
        self.sender.is_some() && self.states.get(now.name) != Some(&now.state().0)
    }

    /// Tells whose state has changed; of whom nothing was known, nothing has.
    pub fn users<'a>(&mut self, users: impl Iterator<Item = Now<'a>>) {
        if self.sender.is_none() {
            return;
        }
        let mut states = HashMap::with_capacity(self.states.len());
        for user in users {
            let (state, words) = user.state();
            states.insert(user.name.to_owned(), state);
            match self.states.get(user.name) {
                Some(former) if *former != state => self.tell(News::User(UserNews {
                    user: user.name.to_owned(),
                    state,
                    former,
                    words,
                    org: user.org.map(str::to_owned),
                })),
                _ => {}
            }
        }
        self.states = states;
    }
}

impl Now<'_> {
    fn state(&self) -> (&'static str, String) {
        let (condition, words) = match &self.standing {
            None => return ("stopped", "stopped".to_owned()),
            _ if !self.enabled => (Condition::Parked, "parked".to_owned()),
            Some(standing) => describe(standing),
        };
        (condition.as_str(), words)
    }
}
