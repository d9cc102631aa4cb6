//! An org's records: tables with indexes, and an undo log so that a
//! transaction can be taken back.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::ids;
use crate::phones::PhoneIndex;
use crate::schema::{Kind, Object, Schema};
use crate::value::{Val, fold};

/// Place of the `Id` field, in every object.
pub(crate) const ID: usize = 0;

#[derive(Clone)]
pub(crate) struct Row {
    pub vals: Vec<Val>,
    pub deleted: bool,
    /// When search may begin to find it, in milliseconds since 1970.
    pub searchable_from: i64,
}

impl Row {
    pub(crate) fn id(&self) -> &str {
        self.vals[ID].as_text().unwrap_or("")
    }

    /// A field by its name; null if the object has none of that name.
    pub(crate) fn get(&self, object: &Object, name: &str) -> &Val {
        object.position(name).map_or(&Val::Null, |p| &self.vals[p])
    }
}

pub(crate) struct Table {
    pub object: Arc<Object>,
    pub rows: Vec<Row>,
    pub phones: PhoneIndex,
    /// Rows by creation time.
    pub created: BTreeSet<(i64, u32)>,
    by_id: HashMap<Box<str>, u32>,
    equal: HashMap<usize, HashMap<String, BTreeSet<u32>>>,
    created_field: Option<usize>,
    phone_fields: Vec<usize>,
}

impl Table {
    fn new(object: Arc<Object>) -> Self {
        let places = |wanted: fn(&crate::schema::Field) -> bool| {
            object
                .fields
                .iter()
                .enumerate()
                .filter(move |(_, f)| wanted(f))
                .map(|(i, _)| i)
        };
        Self {
            rows: Vec::new(),
            phones: PhoneIndex::default(),
            created: BTreeSet::new(),
            by_id: HashMap::new(),
            equal: places(|f| f.indexed).map(|i| (i, HashMap::new())).collect(),
            created_field: object.position("CreatedDate"),
            phone_fields: places(|f| f.kind == Kind::Phone).collect(),
            object,
        }
    }

    pub(crate) fn phone_fields(&self) -> &[usize] {
        &self.phone_fields
    }

    /// The row with an id of 15 or 18 characters; deleted rows too.
    pub(crate) fn find(&self, id: &str) -> Option<u32> {
        let id = ids::long(id)?;
        self.by_id.get(&id[..15]).copied()
    }

    /// Rows whose indexed `field` equals `val`; `None` if the field has no index.
    pub(crate) fn equals(&self, field: usize, val: &Val) -> Option<BTreeSet<u32>> {
        let index = self.equal.get(&field)?;
        Some(index.get(&key(val)).cloned().unwrap_or_default())
    }

    fn index(&mut self, row: u32) {
        let Row { vals, .. } = &self.rows[row as usize];
        for (field, index) in &mut self.equal {
            index.entry(key(&vals[*field])).or_default().insert(row);
        }
        for field in &self.phone_fields {
            if let Some(number) = vals[*field].as_text() {
                self.phones.add(number, row);
            }
        }
        if let Some(Val::Time(at)) = self.created_field.map(|f| &vals[f]) {
            self.created.insert((*at, row));
        }
        self.by_id
            .insert(vals[ID].as_text().unwrap_or("")[..15].into(), row);
    }

    fn unindex(&mut self, row: u32) {
        let Row { vals, .. } = &self.rows[row as usize];
        for (field, index) in &mut self.equal {
            let key = key(&vals[*field]);
            if let Some(rows) = index.get_mut(&key) {
                rows.remove(&row);
                if rows.is_empty() {
                    index.remove(&key);
                }
            }
        }
        for field in &self.phone_fields {
            if let Some(number) = vals[*field].as_text() {
                self.phones.remove(number, row);
            }
        }
        if let Some(Val::Time(at)) = self.created_field.map(|f| &vals[f]) {
            self.created.remove(&(*at, row));
        }
        self.by_id.remove(&vals[ID].as_text().unwrap_or("")[..15]);
    }
}

/// What nulls and texts are indexed under.
fn key(val: &Val) -> String {
    match val {
        Val::Null => String::new(),
        Val::Bool(b) => b.to_string(),
        Val::Num(n) => n.to_string(),
        Val::Time(t) => t.to_string(),
        Val::Text(t) => fold(t),
    }
}

enum Undo {
    Insert(usize),
    Replace(usize, u32, Box<Row>),
}

pub(crate) struct Store {
    pub schema: Schema,
    pub tables: Vec<Table>,
    undo: Vec<Undo>,
    pod: String,
    next_id: u64,
    next_case: u64,
}

impl Store {
    pub(crate) fn new(schema: Schema, org: usize) -> Self {
        Self {
            tables: schema.objects.iter().cloned().map(Table::new).collect(),
            schema,
            undo: Vec::new(),
            pod: ids::pod(org),
            next_id: 1,
            next_case: 1_001,
        }
    }

    /// An id that no record has had yet.
    pub(crate) fn new_id(&mut self, prefix: &str) -> String {
        let id = ids::make(prefix, &self.pod, self.next_id);
        self.next_id += 1;
        id
    }

    /// The next Case number. Gaps after a rollback are as in Salesforce.
    pub(crate) fn new_case_number(&mut self) -> String {
        let number = format!("{:08}", self.next_case);
        self.next_case += 1;
        number
    }

    /// The table of an object, by its name.
    pub(crate) fn table(&self, object: &str) -> Option<usize> {
        self.schema.position(object)
    }

    /// The table and row of a record that exists, by its id; deleted ones too.
    pub(crate) fn locate(&self, id: &str) -> Option<(usize, u32)> {
        let table = self.schema.by_prefix(id)?;
        Some((table, self.tables[table].find(id)?))
    }

    pub(crate) fn row(&self, table: usize, row: u32) -> &Row {
        &self.tables[table].rows[row as usize]
    }

    pub(crate) fn insert(&mut self, table: usize, row: Row) -> u32 {
        let place = &mut self.tables[table];
        let number = place.rows.len() as u32;
        place.rows.push(row);
        place.index(number);
        self.undo.push(Undo::Insert(table));
        number
    }

    pub(crate) fn replace(&mut self, table: usize, row: u32, new: Row) {
        let place = &mut self.tables[table];
        place.unindex(row);
        let old = std::mem::replace(&mut place.rows[row as usize], new);
        place.index(row);
        self.undo.push(Undo::Replace(table, row, Box::new(old)));
    }

    /// Where a transaction begins; to be given to [`Self::rollback`].
    pub(crate) fn mark(&self) -> usize {
        self.undo.len()
    }

    /// Takes back everything since `mark`.
    pub(crate) fn rollback(&mut self, mark: usize) {
        while self.undo.len() > mark {
            match self.undo.pop().expect("longer than the mark") {
                Undo::Insert(table) => {
                    let place = &mut self.tables[table];
                    place.unindex(place.rows.len() as u32 - 1);
                    place.rows.pop();
                }
                Undo::Replace(table, row, old) => {
                    let place = &mut self.tables[table];
                    place.unindex(row);
                    place.rows[row as usize] = *old;
                    place.index(row);
                }
            }
        }
    }

    /// Makes everything so far final.
    pub(crate) fn commit(&mut self) {
        self.undo.clear();
    }

    /// All records of an object that are not deleted, with every field that is not null.
    pub(crate) fn dump(&self, object: &str) -> Vec<Value> {
        let Some(table) = self.table(object) else {
            return Vec::new();
        };
        let table = &self.tables[table];
        table
            .rows
            .iter()
            .filter(|row| !row.deleted)
            .map(|row| {
                let mut record = Map::new();
                record.insert("attributes".into(), json!({"type": table.object.name}));
                for (field, val) in table.object.fields.iter().zip(&row.vals) {
                    if !val.is_null() {
                        record.insert(field.name.clone(), val.to_json());
                    }
                }
                Value::Object(record)
            })
            .collect()
    }

    /// Number of records of an object that are not deleted.
    pub(crate) fn count(&self, object: &str) -> usize {
        self.table(object).map_or(0, |t| {
            self.tables[t].rows.iter().filter(|r| !r.deleted).count()
        })
    }
}
