//! PyYAML's YAML 1.1 scalars, as Ansible reads them. Its timestamps stay texts: nothing here knows a calendar.

use std::sync::Arc;

use super::node::Data;

/// What a plain (unquoted, untagged) scalar means.
pub fn plain(text: &str) -> Data {
    let Some(&first) = text.as_bytes().first() else { return Data::Null };
    match first {
        b'~' | b'n' | b'N' if null(text) => Data::Null,
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' => {
            boolean(text).map_or_else(|| string(text), Data::Bool)
        }
        b'-' | b'+' | b'.' | b'0'..=b'9' => number(text),
        _ => string(text),
    }
}

pub fn string(text: &str) -> Data {
    Data::String(Arc::from(text))
}

/// A scalar with one of YAML's own tags; `None` when the text cannot be that.
pub fn tagged(text: &str, core: &str) -> Option<Data> {
    match core {
        "str" => Some(string(text)),
        "null" => Some(Data::Null),
        "bool" => boolean(text).map(Data::Bool),
        "int" => integer(text).filter(|data| matches!(data, Data::Int(_))),
        "float" => match number(text) {
            Data::Float(value) => Some(Data::Float(value)),
            #[expect(clippy::cast_precision_loss, reason = "`!!float` asks for just that")]
            Data::Int(value) => Some(Data::Float(value as f64)),
            _ => None,
        },
        _ => None,
    }
}

pub fn boolean(text: &str) -> Option<bool> {
    match text {
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Some(true),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

fn null(text: &str) -> bool {
    matches!(text, "~" | "null" | "Null" | "NULL")
}

fn number(text: &str) -> Data {
    integer(text).or_else(|| float(text).map(Data::Float)).unwrap_or_else(|| string(text))
}

/// `[-+]?(0b[0-1_]+ | 0[0-7_]+ | 0 | [1-9][0-9_]* | 0x[0-9a-fA-F_]+ | [1-9][0-9_]*(:[0-5]?[0-9])+)`.
///
/// An integer beyond 64 bits stays the text that it is: a template prints it unchanged, and no digit is lost.
fn integer(text: &str) -> Option<Data> {
    let (negative, digits) = sign(text);
    let magnitude = if let Some(digits) = digits.strip_prefix("0b") {
        radix(digits, 2)?
    } else if let Some(digits) = digits.strip_prefix("0x") {
        radix(digits, 16)?
    } else if digits == "0" {
        Some(0)
    } else if let Some(digits) = digits.strip_prefix('0') {
        // `0_` is zero: the underscores go first.
        if !digits.is_empty() && digits.bytes().all(|byte| byte == b'_') { Some(0) } else { radix(digits, 8)? }
    } else {
        decimal(digits)?
    };
    let value = magnitude.and_then(|value| if negative { value.checked_neg() } else { Some(value) });
    Some(value.and_then(|value| i64::try_from(value).ok()).map_or_else(|| string(text), Data::Int))
}

fn sign(text: &str) -> (bool, &str) {
    match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    }
}

/// Outer `None`: not of that form. Inner `None`: too large.
#[expect(clippy::option_option, reason = "not a number, and a number too large, differ")]
fn radix(digits: &str, radix: u32) -> Option<Option<i128>> {
    let mut value = Some(0i128);
    let mut any = false;
    for character in digits.chars().filter(|&character| character != '_') {
        let digit = character.to_digit(radix)?;
        any = true;
        value = value.and_then(|value| value.checked_mul(radix.into())?.checked_add(digit.into()));
    }
    any.then_some(value)
}

#[expect(clippy::option_option, reason = "not a number, and a number too large, differ")]
fn decimal(digits: &str) -> Option<Option<i128>> {
    let mut parts = digits.split(':');
    let head = parts.next()?;
    if !head.starts_with(|first: char| matches!(first, '1'..='9')) {
        return None;
    }
    let mut value = radix(head, 10)?;
    for part in parts {
        let minute = i128::from(sixtieth(part)?);
        value = value.and_then(|value| value.checked_mul(60)?.checked_add(minute));
    }
    Some(value)
}

/// `[0-5]?[0-9]`
fn sixtieth(part: &str) -> Option<u8> {
    let fits = match part.as_bytes() {
        [unit] => unit.is_ascii_digit(),
        [ten, unit] => matches!(ten, b'0'..=b'5') && unit.is_ascii_digit(),
        _ => false,
    };
    if fits { part.parse().ok() } else { None }
}

/// `[-+]?[0-9][0-9_]*\.[0-9_]*([eE][-+][0-9]+)?`, `\.[0-9][0-9_]*(…)?`, sexagesimal with a point, `.inf`, `.nan`.
fn float(text: &str) -> Option<f64> {
    let (negative, body) = sign(text);
    let signed = body.len() != text.len();
    let value = match body {
        ".inf" | ".Inf" | ".INF" => f64::INFINITY,
        ".nan" | ".NaN" | ".NAN" if !signed => f64::NAN,
        _ => {
            let (whole, rest) = body.split_once('.')?;
            if whole.is_empty() && (signed || !rest.starts_with(|first: char| first.is_ascii_digit())) {
                return None;
            }
            if whole.contains(':') { sexagesimal(whole, rest)? } else { point(whole, rest)? }
        }
    };
    Some(if negative { -value } else { value })
}

fn point(whole: &str, rest: &str) -> Option<f64> {
    let (fraction, exponent) = match rest.find(['e', 'E']) {
        Some(at) => (&rest[..at], Some(&rest[at + 1..])),
        None => (rest, None),
    };
    if !(whole.is_empty() || digits(whole)) || !fraction.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_') {
        return None;
    }
    if let Some(exponent) = exponent {
        let digits = exponent.strip_prefix(['-', '+'])?;
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
    }
    format!("{whole}.{rest}").replace('_', "").parse().ok()
}

fn sexagesimal(whole: &str, fraction: &str) -> Option<f64> {
    let (head, minutes) = whole.split_once(':').filter(|(head, _)| digits(head))?;
    let minutes: Vec<&str> = minutes.split(':').collect();
    let (last, between) = minutes.split_last()?;
    sixtieth(last)?;
    if !fraction.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_') {
        return None;
    }
    // From the right and one by one, as PyYAML adds: another order rounds otherwise.
    let mut value: f64 = format!("{last}.{fraction}").replace('_', "").parse().ok()?;
    let mut base = 60.0;
    for part in between.iter().rev() {
        value += f64::from(sixtieth(part)?) * base;
        base *= 60.0;
    }
    let head: f64 = head.replace('_', "").parse().ok()?;
    Some(value + head * base)
}

/// `[0-9][0-9_]*`
fn digits(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_')
}
