//! The tables of keys as JSON Schema, for editors and other programs.

use serde_json::{Map, Value, json};

use super::table::{Key, Shape, Table};

/// The JSON Schema (draft 2020-12) of a file with the keys of a table.
pub fn schema(table: &Table) -> Value {
    let mut definitions = Map::new();
    let mut root = mapping(table, &mut definitions);
    if table.key("extends").is_some() {
        // What is missing comes from the spec that is extended; only the name cannot.
        let required = std::mem::replace(&mut root["required"], Value::Null);
        root["anyOf"] = json!([{ "required": required }, { "required": ["package", "extends"] }]);
        root["required"] = json!(["package"]);
        for key in table.keys {
            // A list is inherited as a whole, a mapping in parts.
            if let Shape::Table(_) | Shape::Named(..) = key.shape
                && let Some(below) = key.shape.table()
                && let Some(Value::Object(definition)) = definitions.get_mut(&definition_name(below))
            {
                definition.remove("required");
            }
        }
    }
    if let Value::Object(root) = &mut root {
        root.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
        root.insert("title".to_owned(), json!(format!("lfsgen {}", table.name)));
        root.insert("$defs".to_owned(), Value::Object(definitions));
    }
    root
}

fn mapping(table: &Table, definitions: &mut Map<String, Value>) -> Value {
    let property = |key: &Key, definitions: &mut Map<String, Value>| {
        let mut value = shape(&key.shape, definitions);
        if let Value::Object(value) = &mut value {
            value.insert("description".to_owned(), json!(key.doc));
        }
        (key.name.to_owned(), value)
    };
    let properties: Map<_, _> = table.keys.iter().map(|key| property(key, definitions)).collect();
    let required: Vec<_> = table.keys.iter().filter(|key| key.required).map(|key| key.name).collect();
    let mut schema = json!({
        "description": table.doc,
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn shape(of: &Shape, definitions: &mut Map<String, Value>) -> Value {
    let text = || json!({ "type": ["string", "number", "boolean"] });
    match of {
        Shape::Line(_) | Shape::AnyLine | Shape::Text(_) => text(),
        Shape::Bool => json!({ "type": "boolean" }),
        Shape::Count => json!({ "type": "integer", "minimum": 0 }),
        Shape::Number => json!({ "type": "number", "minimum": 0 }),
        Shape::Word(words) => {
            let words: Vec<_> =
                words.iter().map(|word| json!({ "const": word.name, "description": word.doc })).collect();
            json!({ "oneOf": words })
        }
        Shape::CountOr(word) => json!({ "oneOf": [{ "type": "integer", "minimum": 1 }, { "const": word }] }),
        Shape::LineOrFalse(_) => json!({ "anyOf": [{ "type": ["string", "number"] }, { "const": false }] }),
        Shape::List(item) => json!({ "type": "array", "items": shape(item, definitions) }),
        Shape::OneOrMany(item) => {
            let item = shape(item, definitions);
            json!({ "anyOf": [item, { "type": "array", "items": item }] })
        }
        Shape::Table(table) => reference(table, definitions),
        Shape::TableOrText(table, _) => json!({ "anyOf": [text(), reference(table, definitions)] }),
        Shape::Named(_, value) => {
            json!({ "type": "object", "additionalProperties": shape(value, definitions) })
        }
    }
}

fn definition_name(table: &Table) -> String {
    table.name.replace(' ', "-")
}

/// A reference to a table's definition, which is made where it is not there yet.
fn reference(table: &Table, definitions: &mut Map<String, Value>) -> Value {
    let name = definition_name(table);
    if !definitions.contains_key(&name) {
        let definition = mapping(table, definitions);
        definitions.insert(name.clone(), definition);
    }
    json!({ "$ref": format!("#/$defs/{name}") })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::spec::keys::{CONFIG, SPEC};

    /// Every table that a table leads to, itself included.
    fn tables(table: &'static Table, into: &mut Vec<&'static Table>) {
        into.push(table);
        for below in table.keys.iter().filter_map(|key| key.shape.table()) {
            tables(below, into);
        }
    }

    #[test]
    fn what_may_be_inherited_is_not_required() {
        let schema = schema(&SPEC);
        assert_eq!(schema["required"], json!(["package"]));
        assert_eq!(schema["anyOf"][0]["required"], json!(["package", "version"]));
        assert_eq!(schema["$defs"]["option"]["required"], Value::Null);
        assert_eq!(schema["$defs"]["source"]["required"], json!(["url"]));
    }

    #[test]
    fn tables_of_one_file_that_share_a_name_are_the_same() {
        for root in [&SPEC, &CONFIG] {
            let mut all = Vec::new();
            tables(root, &mut all);
            let mut by_name: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
            for table in all {
                let keys: Vec<_> = table.names().collect();
                assert_eq!(
                    by_name.entry(table.name).or_insert_with(|| keys.clone()),
                    &keys,
                    "{}",
                    table.name
                );
            }
        }
    }

    #[test]
    fn every_reference_has_its_definition_and_every_key_its_description() {
        for root in [&SPEC, &CONFIG] {
            let schema = schema(root);
            let text = schema.to_string();
            for reference in text.split("#/$defs/").skip(1) {
                let name = reference.split('"').next().expect("it ends");
                assert!(schema["$defs"][name].is_object(), "{name}");
            }
            let mut all = Vec::new();
            tables(root, &mut all);
            for key in all.iter().flat_map(|table| table.keys) {
                assert!(key.doc.ends_with('.') && !key.doc.starts_with(char::is_lowercase), "{}", key.name);
            }
        }
    }
}
