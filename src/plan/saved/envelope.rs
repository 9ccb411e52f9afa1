use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The format that this zdt writes, and the only one that it reads: 2 says what each handler costs, 3 what is only a part of
/// a file.
pub const FORMAT: u32 = 3;

/// The first key of the file, by which it is known.
const MAGIC: &str = "\"zdt_plan\"";

/// What the file holds, before anything in it is believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The name of the key that it is sealed with.
    pub key: String,
    pub nonce: [u8; 24],
    /// The secrets, sealed; they vouch for `plan` too.
    pub sealed: Vec<u8>,
    /// All else, readable.
    pub plan: String,
}

/// Why a text is no saved plan that could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreadable {
    NotAPlan,
    /// It ends too early.
    Truncated,
    Newer {
        format: u64,
    },
    Older {
        format: u64,
    },
    /// Not as zdt writes it.
    Malformed {
        why: String,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File<'a> {
    zdt_plan: u32,
    key: String,
    nonce: String,
    sealed: String,
    #[serde(borrow)]
    plan: &'a RawValue,
}

/// What every format has.
#[derive(Deserialize)]
struct Head {
    zdt_plan: u64,
}

/// Whether a text that begins so is a saved plan, of whatever format.
pub fn is_saved_plan(beginning: &[u8]) -> bool {
    let text = beginning.trim_ascii_start();
    text.strip_prefix(b"{").is_some_and(|text| text.trim_ascii_start().starts_with(MAGIC.as_bytes()))
}

impl Envelope {
    /// What the seal vouches for.
    pub fn beside(plan: &str) -> Vec<u8> {
        format!("zdt_plan {FORMAT}\n{plan}").into_bytes()
    }

    pub fn encode(&self) -> Result<String, serde_json::Error> {
        let plan: &RawValue = serde_json::from_str(&self.plan)?;
        let (nonce, sealed) = (BASE64.encode(self.nonce), BASE64.encode(&self.sealed));
        let file = File { zdt_plan: FORMAT, key: self.key.clone(), nonce, sealed, plan };
        // One line for the head, then the plan as it is laid out.
        serde_json::to_string(&file).map(|text| text + "\n")
    }

    pub fn decode(text: &str) -> Result<Envelope, Unreadable> {
        if !is_saved_plan(text.as_bytes()) {
            return Err(Unreadable::NotAPlan);
        }
        let head: Head = serde_json::from_str(text).map_err(unreadable)?;
        if head.zdt_plan > u64::from(FORMAT) {
            return Err(Unreadable::Newer { format: head.zdt_plan });
        }
        if (1..u64::from(FORMAT)).contains(&head.zdt_plan) {
            return Err(Unreadable::Older { format: head.zdt_plan });
        }
        let file: File<'_> = serde_json::from_str(text).map_err(unreadable)?;
        let malformed = |what: &str| Unreadable::Malformed { why: format!("`{what}` is not what zdt writes there") };
        let sealed = BASE64.decode(&file.sealed).map_err(|_| malformed("sealed"))?;
        let nonce = BASE64.decode(&file.nonce).ok().and_then(|bytes| bytes.try_into().ok());
        let nonce = nonce.ok_or_else(|| malformed("nonce"))?;
        if file.zdt_plan != FORMAT {
            return Err(malformed("zdt_plan"));
        }
        Ok(Envelope { key: file.key, nonce, sealed, plan: file.plan.get().to_owned() })
    }
}

fn unreadable(error: serde_json::Error) -> Unreadable {
    if error.is_eof() { Unreadable::Truncated } else { Unreadable::Malformed { why: error.to_string() } }
}
