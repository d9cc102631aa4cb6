//! What the web page asks for, done.

use super::written::Written;
use super::{FILE, Host, Interface};
use crate::config::{self, ConfigError, RawSection};
use crate::control;
use crate::delivery::Delivery;
use crate::web::answers::{self, Form};
use crate::web::conf::entering::Entered;
use crate::web::conf::files::{Change, Files, SaveError};
use crate::web::conf::permitted;
use crate::web::sessions::Login;
use crate::web::{Remove, Request, Response, Save, Task};
use serde_json::{Map, Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

impl Written {
    fn form(&self) -> Form<'_> {
        Form {
            sections: self.sections(),
            files: self.files.as_ref(),
            fingerprint: self.fingerprint.as_deref(),
            errors: &self.errors,
        }
    }
}

impl<H: Host> Interface<H> {
    /// Answers a request for the page: `reply` gets the answer, as a rule at once.
    pub fn page(&mut self, request: &mut Request, reply: impl FnOnce(Response) + Send + 'static) {
        let Some(running) = &self.running else {
            return reply(not_loaded());
        };
        let managers = || self.host.managers();
        self.desk
            .sessions
            .recognise(request, Instant::now(), managers);
        match crate::web::route(request, &running.configuration.settings, &self.desk) {
            Ok(Task::Calls(filter)) => {
                let (journal, configuration) =
                    (running.journal.clone(), running.configuration.clone());
                running
                    .searcher
                    .search(move || reply(answers::calls(&journal, &configuration, &filter)));
            }
            // Answered when it is on disk, which may take as long as somebody else writes there.
            Ok(Task::Retry(id)) => running.delivery.retry_then(id, |count| {
                reply(answers::answer(count, |count| json!({"count": count})));
            }),
            Ok(Task::Discard(id)) => running.delivery.discard_then(id, |done| {
                reply(answers::answer(
                    done,
                    |done| json!({"count": u8::from(done.is_some())}),
                ));
            }),
            Ok(task) => reply(self.carry_out(request, task)),
            Err(response) => reply(response),
        }
    }

    fn carry_out(&mut self, request: &mut Request, task: Task) -> Response {
        match task {
            Task::Login(login) => self.log_in(request, &login),
            Task::Logout => {
                let [one, other] = self.desk.sessions.leave(request);
                let left = self.look(request, Task::Session);
                left.with("Set-Cookie", one).with("Set-Cookie", other)
            }
            Task::Switch(on) => {
                self.switch(on, "the web page");
                Response::json(200, &json!({"started": on}))
            }
            Task::Save(save) => self.save(&save),
            Task::Remove(user) => self.remove(&user),
            Task::Test(name) => self.begin_test(&name),
            task => self.look(request, task),
        }
    }

    fn log_in(&mut self, request: &mut Request, login: &Login) -> Response {
        let managers = || self.host.managers();
        let sessions = &mut self.desk.sessions;
        match sessions.enter(request, login, Instant::now(), managers) {
            Ok(cookie) => {
                let entered = self.look(request, Task::Session);
                entered.with("Set-Cookie", cookie)
            }
            Err(refused) => refused.response(),
        }
    }

    /// What changes no more than calls.
    fn look(&self, request: &Request, task: Task) -> Response {
        let Some(running) = &self.running else {
            return not_loaded();
        };
        let view = running.view(&self.host, &self.gauges);
        match task {
            Task::Session => answers::session(request, &self.desk.tokens, &view),
            Task::Users => {
                let written = self.written.look(&self.host);
                answers::users(&view, &written.errors, written.fingerprint.as_deref())
            }
            Task::User(name) => self.user_form(&view, name.as_deref()),
            Task::Status => answers::status(&view),
            Task::Settings => {
                let written = self.written.look(&self.host);
                let tags = written.languages.tags();
                let choices = answers::choices(&tags, view.configuration, Map::new(), &[]);
                let mut form = written.form().of("general");
                form.insert("choices".into(), choices);
                Response::json(200, &form)
            }
            Task::Tested(id) => match self.desk.tests.progress(id) {
                Some(progress) => Response::json(200, &progress),
                None => Response::problem(404, "unknown", "There is no such test."),
            },
            Task::Metrics => match control::metrics(&view) {
                Ok(text) => Response::text(200, control::METRICS_TYPE, "no-store", text),
                Err(problem) => Response::problem(500, "journal", &problem.to_string()),
            },
            // The others change something, or are searches.
            _ => Response::problem(404, "unknown", "There is nothing here."),
        }
    }

    fn begin_test(&mut self, name: &str) -> Response {
        let (id, watched) = self.desk.tests.begin();
        let (step, end) = (watched.clone(), watched);
        if let Some(running) = &self.running {
            control::test_live(
                name,
                &running.view(&self.host, &self.gauges),
                move |told| step.progress().steps.push(told),
                move |result| {
                    let mut progress = end.progress();
                    progress.is_over = true;
                    progress.problem = result.err();
                },
            );
        }
        Response::json(200, &json!({"id": id}))
    }

    fn user_form(&self, view: &control::View<'_>, name: Option<&str>) -> Response {
        let written = self.written.look(&self.host);
        let mut form = written.form().of(name.unwrap_or_default());
        let details = match name.map(|name| control::views::user(name, view)) {
            None => None,
            Some(Ok(details)) => details,
            Some(Err(problem)) => {
                return Response::problem(500, "journal", &problem.to_string());
            }
        };
        if name.is_some() && form["exists"] == Value::Bool(false) {
            return Response::problem(404, "unknown", "There is no such user.");
        }
        let general = written.form().of("general");
        let general = general["values"].as_object().cloned().unwrap_or_default();
        let tags = written.languages.tags();
        let choices = answers::choices(&tags, view.configuration, general, &self.host.hints());
        form.insert("details".into(), json!(details));
        form.insert("choices".into(), choices);
        Response::json(200, &form)
    }

    fn read_at(&self, path: &Path) -> Option<Vec<RawSection>> {
        self.host.read_config(path.to_str()?).ok()
    }

    fn save(&mut self, save: &Save) -> Response {
        let (written, files) = match self.to_change(&save.fingerprint) {
            Ok(found) => found,
            Err(response) => return response,
        };
        let before = written.sections();
        let may_name_files = config::may_name_files(before);
        let mut wrong = permitted::refuse(&save.name, &save.set, may_name_files);
        for (name, secrets) in &save.again {
            wrong.extend(permitted::refuse_entered(name, secrets, may_name_files));
        }
        if !wrong.is_empty() {
            return answers::refused(&SaveError::Invalid(wrong), &save.name);
        }
        let (name, is_new) = (save.name.as_str(), save.is_new);
        let entered = Entered::sort(name, is_new, &save.set, &save.again, &files, before);
        let saved = entered.and_then(|entered| {
            let change = match entered.written.get(name) {
                Some(set) if is_new => Change::Add(name, set),
                _ => Change::Several(&entered.written),
            };
            let judge = |after: &[RawSection]| {
                let mut errors = config::read_with(after, &written.languages).errors;
                let is_meant = |error: &ConfigError| {
                    let mut changed = entered.written.keys();
                    changed.any(|section| error.section.eq_ignore_ascii_case(section))
                };
                errors.retain(|error| is_meant(error) || !is_known(error, &written.errors));
                let missing = entered.missing(before, after);
                match (errors.is_empty(), missing.is_empty()) {
                    (true, true) => Ok(()),
                    (true, false) => Err(SaveError::Again(missing)),
                    (false, _) => Err(SaveError::Invalid([errors, missing].concat())),
                }
            };
            // Nothing is written that would not do, not even for a moment.
            judge(&files.foresee(&change, before)?)?;
            files.save(&change, before, |path| self.read_at(path), judge)
        });
        self.saved(name, saved)
    }

    fn remove(&mut self, user: &Remove) -> Response {
        let (written, files) = match self.to_change(&user.fingerprint) {
            Ok(found) => found,
            Err(response) => return response,
        };
        let change = Change::Remove(&user.name);
        let judge = |after: &[RawSection]| {
            let mut errors = config::read_with(after, &written.languages).errors;
            errors.retain(|error| !is_known(error, &written.errors));
            if errors.is_empty() {
                Ok(())
            } else {
                Err(SaveError::Invalid(errors))
            }
        };
        let before = written.sections();
        let removed = files.save(&change, before, |path| self.read_at(path), judge);
        self.saved(&user.name, removed)
    }

    /// What is written now, if it can be changed and is still what whoever changes it has seen.
    fn to_change(&self, fingerprint: &str) -> Result<(Arc<Written>, Files), Response> {
        let (written, _) = self.written.read(&self.host);
        if let Some(problem) = &written.unreadable {
            return Err(answers::refused(problem, ""));
        }
        let Some(files) = written.files.clone() else {
            let message = "The configuration is not in files that could be changed here.";
            return Err(Response::problem(422, "file", message));
        };
        if written.fingerprint.as_deref() == Some(fingerprint) {
            Ok((written, files))
        } else {
            Err(answers::refused(&SaveError::Conflict, ""))
        }
    }

    /// Puts what was saved into force.
    fn saved(&mut self, section: &str, saved: Result<(), SaveError>) -> Response {
        match saved {
            Ok(()) => {
                log::info!("{FILE}: [{section}] was changed from the web page");
                let is_in_force = self.read_again(Delivery::reload_saved);
                Response::json(200, &json!({"in_force": is_in_force}))
            }
            Err(error) => {
                match &error {
                    SaveError::File(_) | SaveError::Replace(_) => {
                        log::error!("From the web page: {error}");
                    }
                    SaveError::Again(_) => {
                        log::warn!("From the web page: [{section}] was not changed: {error}");
                    }
                    _ => {}
                }
                answers::refused(&error, section)
            }
        }
    }
}

fn not_loaded() -> Response {
    Response::problem(503, "stopped", "The interface is not loaded.")
}

/// Was that wrong before, perhaps a few lines further up?
fn is_known(error: &ConfigError, known: &[ConfigError]) -> bool {
    known.iter().any(|known| {
        (&known.section, &known.option, &known.value, &known.problem)
            == (&error.section, &error.option, &error.value, &error.problem)
    })
}
