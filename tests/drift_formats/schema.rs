use serde_json::Value;

/// What `docs/drift.schema.json` says is wrong with `value`; empty where nothing is. It knows exactly the keywords that
/// the schema uses and refuses all others, so that none is silently passed over.
pub fn faults(schema: &Value, value: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    check(schema, schema, value, "", &mut faults);
    faults
}

fn check(root: &Value, schema: &Value, value: &Value, at: &str, faults: &mut Vec<String>) {
    let mut wrong = |what: String| faults.push(format!("{at}: {what}"));
    for (keyword, says) in schema.as_object().expect("a schema is an object") {
        match keyword.as_str() {
            "$schema" | "title" | "description" | "$defs" | "properties" => {}
            "$ref" => {
                let name = says.as_str().and_then(|says| says.strip_prefix('#')).expect("a reference to this document");
                let target = root.pointer(name).unwrap_or_else(|| panic!("nothing is at `{name}`"));
                check(root, target, value, at, faults);
                return;
            }
            "const" if says != value => wrong(format!("{value} is not {says}")),
            "enum" if !list(says).contains(value) => wrong(format!("{value} is none of {says}")),
            "minimum" if value.as_i64() < says.as_i64() => wrong(format!("{value} is below {says}")),
            "const" | "enum" | "minimum" => {}
            "type" => {
                let types = says.as_array().cloned().unwrap_or_else(|| vec![says.clone()]);
                if !types.iter().any(|name| is_a(value, name.as_str().expect("a type is a word"))) {
                    wrong(format!("{value} is no {says}"));
                }
            }
            "required" => {
                for name in list(says).iter().filter_map(Value::as_str).filter(|name| value.get(name).is_none()) {
                    wrong(format!("`{name}` is missing"));
                }
            }
            "additionalProperties" => {
                assert_eq!(says, &Value::Bool(false), "an object of this schema is closed");
                let known = |name: &String| schema["properties"].get(name).is_some();
                for name in value.as_object().into_iter().flat_map(|object| object.keys()).filter(|name| !known(name)) {
                    wrong(format!("`{name}` is not described"));
                }
            }
            "items" => {}
            "oneOf" => {
                let fits = list(says).iter().filter(|one| {
                    let mut faults = Vec::new();
                    check(root, one, value, at, &mut faults);
                    faults.is_empty()
                });
                if fits.count() != 1 {
                    wrong(format!("{value} is not exactly one of {says}"));
                }
            }
            other => panic!("the schema says `{other}`, which this test does not know"),
        }
    }
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        for (name, schema) in properties {
            if let Some(value) = value.get(name) {
                check(root, schema, value, &format!("{at}/{name}"), faults);
            }
        }
    }
    if let (Some(items), Some(values)) = (schema.get("items"), value.as_array()) {
        for (index, value) in values.iter().enumerate() {
            check(root, items, value, &format!("{at}/{index}"), faults);
        }
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn is_a(value: &Value, name: &str) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("the schema says type `{other}`, which this test does not know"),
    }
}
