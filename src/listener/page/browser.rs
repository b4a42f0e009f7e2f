//! What a browser is called, from what it says of itself.

/// How a browser marks itself, and what people call it; those that also claim to be another stand before it.
const KNOWN: &[(&str, &str)] = &[
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Vivaldi/", "Vivaldi"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("HeadlessChrome/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Version/", "Safari"),
];

/// Name and version, as in `Firefox 140`; of what was said, only digits are repeated.
pub(super) fn name(user_agent: &str) -> String {
    for (mark, name) in KNOWN {
        if let Some((_, rest)) = user_agent.split_once(mark) {
            let version: String = rest.chars().take_while(char::is_ascii_digit).take(6).collect();
            return format!("{name} {version}").trim_end().to_owned();
        }
    }
    "a browser".to_owned()
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn browsers_are_known_by_their_names() {
        let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36";
        assert_eq!(name(chrome), "Chrome 126");
        assert_eq!(name(&format!("{chrome} Edg/126.0.2592.68")), "Edge 126");
        let firefox =
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101 Firefox/140.0";
        assert_eq!(name(firefox), "Firefox 140");
        let safari = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15";
        assert_eq!(name(safari), "Safari 17");
        assert_eq!(name("Chrome/\u{1b}[31m"), "Chrome");
        assert_eq!(name(""), "a browser");
    }
}
