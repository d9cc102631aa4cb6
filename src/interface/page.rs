//! What the web page asks for, done.

use super::{FILE, Host, Interface};
use crate::config::{self, ConfigError, RawSection};
use crate::control;
use crate::delivery::Delivery;
use crate::messages::language::Languages;
use crate::web::answers::{self, Form};
use crate::web::conf::files::{Change, Files, SaveError};
use crate::web::sessions::Login;
use crate::web::{Request, Response, Task};
use serde_json::{Map, Value, json};
use std::path::Path;
use std::time::Instant;

/// The configuration as it stands in its files now.
struct Written {
    sections: Vec<RawSection>,
    errors: Vec<ConfigError>,
    /// `None`: not in files, or in none that can be changed.
    files: Option<Files>,
    /// Why the files cannot be changed.
    unreadable: Option<SaveError>,
    languages: Languages,
}

impl Written {
    fn form(&self) -> Form<'_> {
        Form {
            sections: &self.sections,
            files: self.files.as_ref(),
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
            Task::Save(save) if save.is_new => self.save(
                &save.name,
                &save.fingerprint,
                &Change::Add(&save.name, &save.set),
            ),
            Task::Save(save) => self.save(
                &save.name,
                &save.fingerprint,
                &Change::Options(&save.name, &save.set),
            ),
            Task::Remove(user) => {
                self.save(&user.name, &user.fingerprint, &Change::Remove(&user.name))
            }
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
                let written = self.written();
                let fingerprint = written.files.as_ref().map(Files::fingerprint);
                answers::users(&view, &written.errors, fingerprint.as_deref())
            }
            Task::User(name) => self.user_form(&view, name.as_deref()),
            Task::Status => answers::status(&view),
            Task::Settings => {
                let written = self.written();
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
            Task::Retry(id) => {
                answers::answer(view.delivery.retry(id), |count| json!({"count": count}))
            }
            Task::Discard(id) => answers::answer(
                view.delivery.discard(id),
                |done| json!({"count": u8::from(done)}),
            ),
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
        let written = self.written();
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

    fn written(&self) -> Written {
        let sections = self.host.read_config(FILE).unwrap_or_default();
        let languages = self.languages();
        let errors = config::read_with(&sections, &languages).errors;
        let main = self.host.facts().config_dir.join(FILE);
        // Asterisk may have the file's sections from a database (extconfig.conf).
        let in_files = self.read_at(&main).is_some_and(|read| {
            let names = |sections: &[RawSection]| -> Vec<String> {
                sections.iter().map(|raw| raw.name.clone()).collect()
            };
            names(&read) == names(&sections)
        });
        let read = in_files.then(|| Files::read(&main, &sections)).transpose();
        let (files, unreadable) = match read {
            Ok(files) => (files, None),
            Err(problem) => (None, Some(problem)),
        };
        Written {
            sections,
            errors,
            files,
            unreadable,
            languages,
        }
    }

    fn read_at(&self, path: &Path) -> Option<Vec<RawSection>> {
        self.host.read_config(path.to_str()?).ok()
    }

    fn save(&mut self, section: &str, fingerprint: &str, change: &Change<'_>) -> Response {
        let Written {
            sections,
            errors: known,
            files,
            unreadable,
            languages,
        } = self.written();
        if let Some(problem) = unreadable {
            return answers::refused(&problem, section);
        }
        let Some(files) = files else {
            let message = "The configuration is not in files that could be changed here.";
            return Response::problem(422, "file", message);
        };
        if files.fingerprint() != fingerprint {
            return answers::refused(&SaveError::Conflict, section);
        }
        let judge = |sections: &[RawSection]| {
            let mut errors = config::read_with(sections, &languages).errors;
            errors.retain(|error| error.section == section || !is_known(error, &known));
            if errors.is_empty() {
                Ok(())
            } else {
                Err(SaveError::Invalid(errors))
            }
        };
        if let Err(error) = files.save(change, &sections, |path| self.read_at(path), judge) {
            if matches!(error, SaveError::File(_) | SaveError::Replace(_)) {
                log::error!("From the web page: {error}");
            }
            return answers::refused(&error, section);
        }
        log::info!("{FILE}: [{}] was changed from the web page", section);
        let is_in_force = self.read_again(Delivery::reload_saved);
        Response::json(200, &json!({"in_force": is_in_force}))
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
