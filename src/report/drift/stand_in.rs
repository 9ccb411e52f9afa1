use super::Report;
pub fn prometheus(_r: &Report, _l: Option<i64>) -> String {
    String::new()
}
pub fn junit(_r: &Report) -> String {
    String::new()
}
pub fn github(_r: &Report) -> String {
    String::new()
}
pub fn html(_r: &Report) -> String {
    String::new()
}
