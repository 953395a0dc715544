//! In which members two archives of ar(1) differ.

use object::read::archive::ArchiveFile;

use super::content;

/// A member: what its header says, and its bytes.
struct Member<'a> {
    name: String,
    header: [(&'static str, Option<u64>); 4],
    data: &'a [u8],
}

/// Members that differ, unless one of the two is no archive.
pub(super) fn differences(a: &[u8], b: &[u8]) -> Option<Vec<String>> {
    let (a, b) = (members(a)?, members(b)?);
    let names = |members: &[Member<'_>]| members.iter().map(|member| member.name.clone()).collect::<Vec<_>>();
    let (names_a, names_b) = (names(&a), names(&b));
    let mut lines = Vec::new();
    if names_a != names_b {
        let mut sorted = [names_a.clone(), names_b.clone()];
        sorted.iter_mut().for_each(|names| names.sort());
        if sorted[0] == sorted[1] {
            lines.push("the same members in another order".to_owned());
        }
        let only = |names: &[String], other: &[String], which: &str| {
            let only = names.iter().filter(|name| !other.contains(name));
            only.map(|name| format!("member {name}: only in the {which} build")).collect::<Vec<_>>()
        };
        lines.extend(only(&names_a, &names_b, "first"));
        lines.extend(only(&names_b, &names_a, "second"));
    }
    let mut of_headers = Vec::new();
    for member in &a {
        let Some(other) = b.iter().find(|other| other.name == member.name) else { continue };
        for ((what, before), (_, now)) in member.header.iter().zip(&other.header) {
            if before != now {
                let number = |value: &Option<u64>| value.map_or("none".to_owned(), |value| value.to_string());
                let line = format!("member {}: {what} {} / {}", member.name, number(before), number(now));
                of_headers.push(format!("{line} (`ar D` leaves it out)"));
            }
        }
        if member.data != other.data {
            let name = format!("member {}", member.name);
            lines.extend(content::inside(&name, content::differences(member.data, other.data)));
        }
    }
    // All members have the same trouble.
    lines.extend(of_headers);
    Some(lines)
}

fn members(bytes: &[u8]) -> Option<Vec<Member<'_>>> {
    let archive = ArchiveFile::parse(bytes).ok()?;
    let mut members = Vec::new();
    for member in archive.members() {
        let member = member.ok()?;
        let name = String::from_utf8_lossy(member.name()).into_owned();
        let (date, user, group, mode) = (member.date(), member.uid(), member.gid(), member.mode());
        let header = [("date", date), ("user", user), ("group", group), ("mode", mode)];
        members.push(Member { name, header, data: member.data(bytes).ok()? });
    }
    Some(members)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(members: &[(&str, u64, &str)]) -> Vec<u8> {
        let mut bytes = b"!<arch>\n".to_vec();
        for (name, date, data) in members {
            let name = format!("{name}/");
            let header = format!("{name:<16}{date:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, 644, data.len());
            bytes.extend(header.into_bytes());
            bytes.extend(data.bytes());
        }
        bytes
    }

    fn of(a: &[(&str, u64, &str)], b: &[(&str, u64, &str)]) -> Vec<String> {
        differences(&archive(a), &archive(b)).unwrap()
    }

    #[test]
    fn archives_differ_in_headers_bytes_and_order_of_members() {
        let line = "member a.o: date 1 / 2 (`ar D` leaves it out)";
        assert_eq!(of(&[("a.o", 1, "same")], &[("a.o", 2, "same")]), [line]);
        assert_eq!(
            of(&[("a.o", 1, "one\n")], &[("a.o", 1, "two\n")]),
            ["member a.o: @@ -1 +1 @@", "member a.o: -one", "member a.o: +two"]
        );
        assert_eq!(
            of(&[("a.o", 0, "aa"), ("b.o", 0, "bb")], &[("b.o", 0, "bb"), ("a.o", 0, "aa")]),
            ["the same members in another order"]
        );
        assert_eq!(
            of(&[("a.o", 0, "aa")], &[("b.o", 0, "aa")]),
            ["member a.o: only in the first build", "member b.o: only in the second build"]
        );
        assert!(differences(b"no archive", b"none either").is_none());
    }
}
