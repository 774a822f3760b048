//! JSON patch, with the liberties that the API server takes: `replace` and `copy` do without what is not there, and
//! indices may count from the end.

use serde_json::Value;

/// An operation that is none, or that does not fit the document. The API server does not say which.
#[derive(Debug)]
pub(super) struct Misfit;

/// How many bytes the copies of a patch may have together: a document that is copied into itself grows without end.
const MAX_COPIED: usize = 3 * 1024 * 1024;

/// Runs the operations in order.
pub(super) fn run(document: &mut Value, operations: &[Value]) -> Result<(), Misfit> {
    let mut copied = 0;
    operations
        .iter()
        .try_for_each(|operation| step(document, operation, &mut copied))
}

/// Runs an operation; `copied` counts the bytes of the copies.
fn step(document: &mut Value, operation: &Value, copied: &mut usize) -> Result<(), Misfit> {
    let text = |field: &str| operation.get(field).and_then(Value::as_str).ok_or(Misfit);
    // Without a value, null is meant.
    let value = || operation.get("value").cloned().unwrap_or_default();
    match text("op")? {
        "add" => Place::find(document, text("path")?)?.add(value()),
        "remove" => Place::find(document, text("path")?)?.remove().map(drop),
        "replace" => match (text("path")?, value()) {
            ("", root @ (Value::Object(_) | Value::Array(_))) => {
                *document = root;
                Ok(())
            }
            ("", _) => Err(Misfit),
            (path, value) => Place::find(document, path)?.replace(value),
        },
        "move" => {
            let value = Place::find(document, text("from")?)?.remove()?;
            Place::find(document, text("path")?)?.add(value)
        }
        "copy" => {
            let value = Place::find(document, text("from")?)?.get()?;
            *copied += value.to_string().len();
            if *copied > MAX_COPIED {
                return Err(Misfit);
            }
            Place::find(document, text("path")?)?.add(value)
        }
        "test" => {
            let found = match text("path")? {
                "" => document.clone(),
                path => Place::find(document, path)?.get()?,
            };
            if found == value() { Ok(()) } else { Err(Misfit) }
        }
        _ => Err(Misfit),
    }
}

/// A field or an item that need not be there, in a container that is.
struct Place<'d> {
    container: &'d mut Value,
    key: String,
}

impl<'d> Place<'d> {
    /// Follows a JSON pointer. The root is no place.
    fn find(document: &'d mut Value, path: &str) -> Result<Self, Misfit> {
        let mut keys = path
            .split('/')
            .skip(1)
            .map(|key| key.replace("~1", "/").replace("~0", "~"));
        let mut key = keys.next().ok_or(Misfit)?;
        let mut container = document;
        for next in keys {
            container = match container {
                Value::Object(fields) => fields.get_mut(&key).ok_or(Misfit)?,
                Value::Array(items) => {
                    let index = index(&key, items.len())?;
                    items.get_mut(index).ok_or(Misfit)?
                }
                _ => return Err(Misfit),
            };
            key = next;
        }
        match container {
            Value::Object(_) | Value::Array(_) => Ok(Self { container, key }),
            _ => Err(Misfit),
        }
    }

    /// The value; null where an object has no such field.
    fn get(&self) -> Result<Value, Misfit> {
        match &*self.container {
            Value::Array(items) => items.get(index(&self.key, items.len())?).cloned().ok_or(Misfit),
            object => Ok(object.get(&self.key).cloned().unwrap_or_default()),
        }
    }

    fn add(self, value: Value) -> Result<(), Misfit> {
        match self.container {
            Value::Object(fields) => {
                fields.insert(self.key, value);
            }
            Value::Array(items) if self.key == "-" => items.push(value),
            Value::Array(items) => {
                let index = index(&self.key, items.len() + 1)?;
                if index > items.len() {
                    return Err(Misfit);
                }
                items.insert(index, value);
            }
            _ => return Err(Misfit),
        }
        Ok(())
    }

    fn replace(self, value: Value) -> Result<(), Misfit> {
        match self.container {
            Value::Array(items) => {
                let index = index(&self.key, items.len())?;
                *items.get_mut(index).ok_or(Misfit)? = value;
                Ok(())
            }
            _ => self.add(value),
        }
    }

    fn remove(self) -> Result<Value, Misfit> {
        match self.container {
            Value::Object(fields) => fields.remove(&self.key).ok_or(Misfit),
            Value::Array(items) => {
                let index = index(&self.key, items.len())?;
                if index < items.len() {
                    Ok(items.remove(index))
                } else {
                    Err(Misfit)
                }
            }
            _ => Err(Misfit),
        }
    }
}

/// The position that a key means among so many; a negative one counts from the end.
fn index(key: &str, length: usize) -> Result<usize, Misfit> {
    let index: i64 = key.parse().map_err(|_| Misfit)?;
    match usize::try_from(index) {
        Ok(index) => Ok(index),
        Err(_) => usize::try_from(index.unsigned_abs())
            .ok()
            .and_then(|back| length.checked_sub(back))
            .ok_or(Misfit),
    }
}
