//! What objects and fields an org has: read from `objects.txt`, widened by
//! Person Accounts and by the custom fields of the set-up.

use std::collections::HashMap;
use std::sync::Arc;

use crate::setup::{CustomField, OrgSetup};
use crate::value::{Val, fold};

const STANDARD: &str = include_str!("objects.txt");

const PERSON_ACCOUNT: &str = "\
object Account 001
  IsPersonAccount bool f
  FirstName text:40 cuf
  LastName text:80 cuf
  PersonContactId ref f to=Contact:PersonContact
  PersonMobilePhone phone:40 cufi label=Mobile
  PersonHomePhone phone:40 cufi label=Home_Phone
  PersonOtherPhone phone:40 cufi label=Other_Phone
  PersonAssistantPhone phone:40 cufi label=Asst._Phone
  PersonEmail email:80 cufi label=Email
object Contact 003
  IsPersonAccount bool f
object RecordType 012
  IsPersonType bool f
";

/// What an object has as soon as it has record types.
const RECORD_TYPE: &str = "to=RecordType:RecordType label=Record_Type_ID";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Id,
    Ref,
    Text,
    Area,
    Phone,
    Email,
    Url,
    Picklist,
    Bool,
    Int,
    Double,
    Date,
    DateTime,
}

impl Kind {
    fn named(name: &str) -> Self {
        match name {
            "id" => Self::Id,
            "ref" => Self::Ref,
            "text" => Self::Text,
            "area" => Self::Area,
            "phone" => Self::Phone,
            "email" => Self::Email,
            "url" => Self::Url,
            "picklist" => Self::Picklist,
            "bool" => Self::Bool,
            "int" => Self::Int,
            "double" => Self::Double,
            "date" => Self::Date,
            "datetime" => Self::DateTime,
            other => panic!("no field type is called {other:?}"),
        }
    }

    /// The type's name in `describe`.
    pub(crate) fn api_name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Ref => "reference",
            Self::Text => "string",
            Self::Area => "textarea",
            Self::Phone => "phone",
            Self::Email => "email",
            Self::Url => "url",
            Self::Picklist => "picklist",
            Self::Bool => "boolean",
            Self::Int => "int",
            Self::Double => "double",
            Self::Date => "date",
            Self::DateTime => "datetime",
        }
    }

    pub(crate) fn is_text(self) -> bool {
        !matches!(
            self,
            Self::Bool | Self::Int | Self::Double | Self::DateTime | Self::Date
        )
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub name: String,
    pub label: String,
    pub kind: Kind,
    /// Greatest length in UTF-16 units; 0 where none applies.
    pub length: usize,
    pub creatable: bool,
    pub updatable: bool,
    pub filterable: bool,
    pub required: bool,
    pub indexed: bool,
    pub is_name: bool,
    pub external_id: bool,
    pub unique: bool,
    pub restricted: bool,
    pub values: Vec<String>,
    pub default: Val,
    /// Objects that a reference may name, and the relationship's name in queries.
    pub targets: Vec<String>,
    pub relationship: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub name: String,
    pub prefix: String,
    pub fields: Vec<Field>,
    by_name: HashMap<String, usize>,
    by_relationship: HashMap<String, usize>,
}

impl Object {
    /// A field's place by its name, without regard to case.
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.by_name
            .get(name)
            .or_else(|| self.by_name.get(&fold(name)))
            .copied()
    }

    /// The place of the reference that a relationship such as `Account` or `Owner` goes through.
    pub(crate) fn relationship(&self, name: &str) -> Option<usize> {
        self.by_relationship.get(&fold(name)).copied()
    }

    fn push(&mut self, field: Field) {
        let place = self.fields.len();
        // Under its own spelling too: that is how it is mostly asked for.
        self.by_name.insert(field.name.clone(), place);
        self.by_name.insert(fold(&field.name), place);
        if let Some(name) = &field.relationship {
            self.by_relationship.insert(fold(name), place);
        }
        self.fields.push(field);
    }
}

/// All objects of one org.
#[derive(Clone, Debug, Default)]
pub(crate) struct Schema {
    pub objects: Vec<Arc<Object>>,
}

impl Schema {
    pub(crate) fn of(org: &OrgSetup) -> Self {
        let mut objects = Vec::new();
        read(STANDARD, &mut objects);
        if org.person_accounts {
            read(PERSON_ACCOUNT, &mut objects);
        }
        for object in &mut objects {
            let name = object.name.clone();
            if org
                .all_record_types()
                .iter()
                .any(|t| t.object.eq_ignore_ascii_case(&name))
            {
                let words = ["cuf"].into_iter().chain(RECORD_TYPE.split(' '));
                object.push(field("RecordTypeId", "ref", words));
            }
        }
        for field in &org.custom_fields {
            let object = objects
                .iter_mut()
                .find(|o| o.name.eq_ignore_ascii_case(&field.object))
                .unwrap_or_else(|| panic!("no object is called {:?}", field.object));
            object.push(custom(field));
        }
        for picklist in &org.picklists {
            let object = objects
                .iter_mut()
                .find(|o| o.name.eq_ignore_ascii_case(&picklist.object));
            let object = object.unwrap_or_else(|| panic!("no object: {:?}", picklist.object));
            let place = object.position(&picklist.field);
            let place = place.unwrap_or_else(|| panic!("no field: {:?}", picklist.field));
            object.fields[place].values.clone_from(&picklist.values);
            object.fields[place].restricted = picklist.restricted;
        }
        for object in &mut objects {
            if org.restricted_picklists {
                for field in &mut object.fields {
                    field.restricted |= field.kind == Kind::Picklist;
                }
            }
            if object.name == "Case"
                && let Some(status) = object.position("Status")
            {
                object.fields[status].default = Val::text(&org.default_case_status);
            }
        }
        Self {
            objects: objects.into_iter().map(Arc::new).collect(),
        }
    }

    /// An object's place by its name, without regard to case.
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.objects
            .iter()
            .position(|o| o.name.eq_ignore_ascii_case(name))
    }

    /// The object to which an id's key prefix belongs.
    pub(crate) fn by_prefix(&self, id: &str) -> Option<usize> {
        let prefix = id.get(..3)?;
        self.objects.iter().position(|o| o.prefix == prefix)
    }
}

fn read(text: &str, objects: &mut Vec<Object>) {
    let mut current = 0;
    for line in text.lines().filter(|l| !l.starts_with('#')) {
        let mut words = line.split_whitespace();
        let (Some(first), Some(second)) = (words.next(), words.next()) else {
            continue;
        };
        if first == "object" {
            current = objects
                .iter()
                .position(|o| o.name == second)
                .unwrap_or_else(|| {
                    objects.push(Object {
                        name: second.to_owned(),
                        prefix: words.next().expect("a key prefix").to_owned(),
                        fields: Vec::new(),
                        by_name: HashMap::new(),
                        by_relationship: HashMap::new(),
                    });
                    objects.len() - 1
                });
        } else {
            objects[current].push(field(first, second, words));
        }
    }
}

fn field<'a>(name: &str, kind: &str, mut rest: impl Iterator<Item = &'a str>) -> Field {
    let (kind, length) = kind.split_once(':').unwrap_or((kind, "0"));
    let kind = Kind::named(kind);
    let flags = rest.next().unwrap_or("");
    let mut field = Field {
        name: name.to_owned(),
        label: spaced(name),
        kind,
        length: length.parse().expect("a length"),
        creatable: flags.contains('c'),
        updatable: flags.contains('u'),
        filterable: flags.contains('f'),
        required: flags.contains('r'),
        indexed: flags.contains('i'),
        is_name: flags.contains('n'),
        external_id: false,
        unique: false,
        restricted: false,
        values: Vec::new(),
        default: if kind == Kind::Bool {
            Val::Bool(false)
        } else {
            Val::Null
        },
        targets: Vec::new(),
        relationship: None,
    };
    if kind == Kind::Picklist {
        field.length = 255;
    }
    for word in rest {
        let (key, value) = word.split_once('=').unwrap_or((word, ""));
        match key {
            "label" => field.label = value.replace('_', " "),
            "values" => {
                field.values = value.split('|').map(|v| v.replace('_', " ")).collect();
            }
            "restricted" => field.restricted = true,
            "default" if kind == Kind::Bool => field.default = Val::Bool(value == "true"),
            "default" => field.default = Val::text(&value.replace('_', " ")),
            "to" => {
                let (targets, relationship) = value.split_once(':').expect("a relationship");
                field.targets = targets.split('+').map(str::to_owned).collect();
                field.relationship = Some(relationship.to_owned());
            }
            other => panic!("no field property is called {other:?}"),
        }
    }
    field
}

fn custom(setup: &CustomField) -> Field {
    let length = if setup.kind == "text" {
        format!("text:{}", setup.length)
    } else {
        setup.kind.clone()
    };
    let mut field = field(&setup.name, &length, ["cuf"].into_iter());
    field.label = setup.name.trim_end_matches("__c").replace('_', " ");
    field.required = setup.required;
    field.external_id = setup.external_id;
    field.unique = setup.unique;
    field.indexed = setup.external_id || setup.unique;
    field.restricted = setup.restricted;
    field.values.clone_from(&setup.values);
    field
}

/// `MobilePhone` → `Mobile Phone`.
fn spaced(name: &str) -> String {
    let mut label = String::new();
    for (i, c) in name.char_indices() {
        if i > 0 && c.is_uppercase() {
            label.push(' ');
        }
        label.push(c);
    }
    label
}
