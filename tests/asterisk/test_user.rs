//! `salesforce test user`, from the console.

use crate::scene::{A, B, ORG, Plan, Scene};
use salesforce_simulator::{
    Action, AppSetup, Certificate, CustomField, Fault, Mode, OrgSetup, Simulator, UserSetup,
};

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
        ill.contains("\n1 of 14 steps failed: calls of user [bert]"),
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

const KEY: &str = include_str!("../simulator/tests/data/jwt-test-key.pem");
const PUBLIC: &str = include_str!("../simulator/tests/data/jwt-test-public.pem");

/// What the console says of each of [`MISTAKES`], after a line `# ` with its name. Read it as an
/// administrator would.
const SAID: &str = include_str!("test_user.txt");

/// Ways to log in, as lines of a section: `KEY` is the private key's path, `PORT` and `OWN` are
/// the ports of the common login host and of the org's own.
const SOAP: &str = "password = Pa55word\ntoken = T0ken";
const JWT: &str = "client_id = APP\nprivate_key = KEY";
const SECRET: &str = "client_id = APP\nclient_secret = S3CRET\ndomain = localhost:OWN";
const PASSWORD: &str =
    "client_id = APP\nclient_secret = S3CRET\npassword = Pa55word\ntoken = T0ken";

/// `NONE` is the path of a file without a private key.
const NO_KEY: &str = "client_id = APP\nprivate_key = NONE";

/// Name, way to log in, further lines of the section, what is changed in Salesforce.
type Mistake = (&'static str, &'static str, &'static str, fn(&Simulator));

const MISTAKES: &[Mistake] = &[
    ("none, SOAP login", SOAP, "", |_| {}),
    (
        "none, JWT",
        JWT,
        "create_account = no\nowner = bert@acme.example",
        |_| {},
    ),
    (
        "none, client credentials",
        SECRET,
        "lookup = soql\nexternal_id_field = Call__c",
        |_| {},
    ),
    (
        "none, password flow",
        PASSWORD,
        "create_on = answer\ncase_field = SuppliedCompany=Acme",
        |_| {},
    ),
    (
        "a host that does not exist",
        SOAP,
        "domain = nowhere.localhost",
        |_| {},
    ),
    ("nobody listens", SOAP, "domain = localhost:9", |_| {}),
    ("a certificate for somebody else", SOAP, "", |sim| {
        sim.set_login_certificate(Certificate::WrongName)
    }),
    ("a certificate that has expired", SOAP, "", |sim| {
        sim.set_login_certificate(Certificate::Expired)
    }),
    ("a certificate of an unknown authority", SOAP, "", |sim| {
        sim.set_login_certificate(Certificate::SelfSigned)
    }),
    ("the org itself is down", SOAP, "", |sim| {
        sim.set_mode(ORG, Mode::Down)
    }),
    ("maintenance", SOAP, "", |sim| {
        let action = Action::Status {
            status: 503,
            body: None,
            content_type: None,
            after_commit: false,
        };
        sim.add_fault(Fault::once("login", action))
    }),
    (
        "a wrong password",
        "password = Wr0ng\ntoken = T0ken",
        "",
        |_| {},
    ),
    ("a missing token", "password = Pa55word", "", |_| {}),
    ("a locked user", SOAP, "", |sim| {
        of_user(sim, |user| user.locked = true)
    }),
    ("an expired password", SOAP, "", |sim| {
        of_user(sim, |user| user.password_expired = true)
    }),
    ("SOAP login is off", SOAP, "", |sim| {
        sim.update_org(ORG, |org| org.soap_login = false)
    }),
    ("SOAP login is not for this user", SOAP, "", |sim| {
        let action = Action::Error {
            code: "INSUFFICIENT_ACCESS".into(),
            message: "insufficient access rights on object id".into(),
            status: None,
            fields: Vec::new(),
        };
        sim.add_fault(Fault::once("login", action))
    }),
    (
        "JWT, a user who is not approved",
        JWT,
        "username = bert@acme.example",
        |_| {},
    ),
    (
        "JWT, a wrong consumer key",
        "client_id = OTHER\nprivate_key = KEY",
        "",
        |_| {},
    ),
    ("JWT, a sandbox taken for production", JWT, "", |sim| {
        sim.update_org(ORG, |org| org.sandbox = true)
    }),
    ("JWT, another certificate in the app", JWT, "", |sim| {
        of_app(sim, |app| app.public_key.clear())
    }),
    ("JWT, a file without a key", NO_KEY, "", |_| {}),
    ("client credentials, no user to run as", SECRET, "", |sim| {
        of_app(sim, |app| app.run_as.clear())
    }),
    (
        "client credentials, not at the org's own domain",
        SECRET,
        "domain = localhost:PORT",
        |_| {},
    ),
    (
        "client credentials, a wrong secret",
        SECRET,
        "client_secret = 0ther",
        |_| {},
    ),
    (
        "password flow, which the org does not allow",
        PASSWORD,
        "",
        |sim| sim.update_org(ORG, |org| org.oauth_password = false),
    ),
    ("SOAP, no API for the user", SOAP, "", |sim| {
        of_user(sim, |user| user.api_enabled = false)
    }),
    ("JWT, no API for the user", JWT, "", |sim| {
        of_user(sim, |user| user.api_enabled = false)
    }),
    ("the org's API requests are used up", SOAP, "", |sim| {
        sim.set_api_usage(ORG, 100_000)
    }),
    (
        "all but other programs' API requests are used",
        SOAP,
        "",
        |sim| sim.set_api_usage(ORG, 95_000),
    ),
    ("no Create on Case", SOAP, "", |sim| {
        of_user(sim, |user| user.may_create_case = false)
    }),
    ("no Create on Account", SOAP, "", |sim| {
        of_user(sim, |user| user.may_create_account = false)
    }),
    ("no Edit on Case", SOAP, "create_on = answer", |sim| {
        of_user(sim, |user| user.may_edit_case = false)
    }),
    (
        "a field that cannot be changed afterwards",
        SOAP,
        "create_on = answer\ncase_field = SuppliedCompany={talk}",
        |_| {},
    ),
    ("fields that the user does not see", SOAP, "", |sim| {
        let hidden = ["Case.SuppliedName", "Case.Origin", "Account.Phone"];
        of_user(sim, |user| {
            user.hidden_fields = hidden.map(str::to_owned).to_vec()
        })
    }),
    (
        "a misspelt field",
        SOAP,
        "case_field = Prioritty=High",
        |_| {},
    ),
    (
        "no such external id field",
        SOAP,
        "external_id_field = Cal__c",
        |_| {},
    ),
    (
        "an external id field that is not unique",
        SOAP,
        "external_id_field = Loose__c",
        |_| {},
    ),
    (
        "a unique field that is no external id",
        SOAP,
        "external_id_field = Plain__c",
        |_| {},
    ),
    (
        "an owner whom nobody knows",
        SOAP,
        "owner = berta@acme.example",
        |_| {},
    ),
];

fn of_user(sim: &Simulator, change: impl FnOnce(&mut UserSetup)) {
    sim.update_user(A.2, change);
}

fn of_app(sim: &Simulator, change: impl FnOnce(&mut AppSetup)) {
    sim.update_org(ORG, |org| change(&mut org.apps[0]));
}

fn org() -> OrgSetup {
    let field = |name: &str, external_id, unique| CustomField {
        external_id,
        unique,
        ..CustomField::external_id("Case", name)
    };
    OrgSetup {
        users: [A, B]
            .map(|user| UserSetup::new(user.2, "Pa55word", "T0ken"))
            .to_vec(),
        oauth_password: true,
        max_invalid_logins: 0,
        apps: vec![AppSetup {
            client_id: "APP".into(),
            client_secret: "S3CRET".into(),
            client_credentials: true,
            run_as: A.2.into(),
            public_key: PUBLIC.into(),
            authorised: vec![A.2.into()],
            ..AppSetup::default()
        }],
        custom_fields: vec![
            field("Call__c", true, true),
            field("Loose__c", true, false),
            field("Plain__c", false, true),
        ],
        ..Plan::default().org
    }
}

/// The console's words in this Salesforce and with this section.
fn said(scene: &Scene, conf: &str, (_, way, lines, change): &Mistake) -> String {
    let key = scene.pbx.inner_path("etc/app.pem");
    let none = scene.pbx.inner_path("etc/salesforce-ca.pem");
    let mistaken = format!("{conf}{way}\n{lines}\n")
        .replace("KEY", key.to_str().unwrap())
        .replace("NONE", none.to_str().unwrap())
        .replace("PORT", &scene.sim.login_port().to_string())
        .replace("OWN", &scene.sim.port(ORG).to_string());
    scene.pbx.write_etc("salesforce.conf", &mistaken).unwrap();
    change(&scene.sim);
    scene.reload();
    let said = scene.cli(&format!("salesforce test user {}", A.0));
    assert!(
        !["Pa55word", "T0ken", "Wr0ng", "S3CRET", "0ther"]
            .iter()
            .any(|secret| said.contains(secret)),
        "{said}"
    );
    said.replace(&scene.sim.login_port().to_string(), "40001")
        .replace(&scene.sim.port(ORG).to_string(), "40002")
        .replace(none.to_str().unwrap(), "/etc/asterisk/keys/ca.pem")
        // Where there is no DNS at all, that is what it says.
        .replace(
            "no name server says what the address of nowhere.localhost is; check the name servers \
             in /etc/resolv.conf, and whether this PBX reaches them",
            "the name nowhere.localhost does not exist; check the spelling of domain (or \
             login_host), and which name servers this PBX asks",
        )
}

#[test]
fn every_mistake_is_told_in_words() {
    let plan = Plan {
        org: org(),
        ..Plan::default()
    };
    let users = plan.org.users.clone();
    let scene = plan.prepare();
    scene.pbx.write_etc("app.pem", KEY).unwrap();
    let conf = std::fs::read_to_string(scene.pbx.path("etc/salesforce.conf")).unwrap();
    let (general, _) = conf.split_once("[user](!)").unwrap();
    let conf = format!(
        "{general}\n[{}]\ntype = user\nusername = {}\nextension = {}\ndomain = localhost:PORT\n\
         create_account = yes\n",
        A.0, A.2, A.1
    );
    let (_, way, ..) = MISTAKES[0];
    let good = format!("{conf}{way}\n").replace("PORT", &scene.sim.login_port().to_string());
    scene.pbx.write_etc("salesforce.conf", &good).unwrap();
    scene.load();
    let mut all = String::new();
    for mistake in MISTAKES {
        all += &format!("# {}\n{}\n", mistake.0, said(&scene, &conf, mistake));
        // Everything as it was.
        for user in &users {
            scene
                .sim
                .update_user(&user.username, |there| *there = user.clone());
        }
        let fresh = org();
        scene.sim.update_org(ORG, |org| {
            org.apps = fresh.apps;
            org.sandbox = fresh.sandbox;
            org.soap_login = fresh.soap_login;
            org.oauth_password = fresh.oauth_password;
        });
        scene.sim.set_api_usage(ORG, 0);
        scene.sim.set_login_certificate(Certificate::Good);
        scene.sim.set_all_modes(Mode::Up);
        scene.sim.clear_faults();
    }
    if all != SAID {
        let file = std::env::temp_dir().join("test_user.txt");
        std::fs::write(&file, &all).unwrap();
        panic!(
            "not as in tests/asterisk/test_user.txt; now it is as in {}",
            file.display()
        );
    }
}
