package cfg

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// reader reads the number at the start of a text; clean is false when the text
// is anything but a number in range.
type reader[T int | float64] func(text string) (v T, clean bool)

// numbers reads a default's list.
func numbers[T int | float64](text string, stopAtHash bool, read reader[T]) []T {
	if text == "" {
		return nil
	}
	var items []T
	for _, part := range split(text, stopAtHash) {
		v, _ := read(part)
		items = append(items, v)
	}
	return items
}

// itemRange returns the place of item i of the list that opt is, cut into written.
func itemRange(opt *Option, written []string, i int) Range {
	at := opt.Range
	if opt.written == "" {
		return at
	}
	for _, before := range written[:i] {
		at.Column += utf8.RuneCountInString(before) + len(",")
	}
	item := strings.TrimLeft(written[i], blanks)
	at.Column += len(written[i]) - len(item)
	at.End = at.Column + utf8.RuneCountInString(strings.TrimRight(item, blanks))
	return at
}

var wholeNumber = regexp.MustCompile(`^[+-]?[0-9]+$`)

// reason explains why a number is read otherwise than it is written.
func reason(written string, typ Type) string {
	item := squeezer.Replace(written)
	switch {
	case item == "":
		return "Each comma begins another item, and an empty one is 0. Remove the surplus comma."
	case hasGap(written):
		return "Darknet drops all blanks, so they neither separate numbers nor end them. Use commas in lists."
	case wholeNumber.MatchString(item):
		return "Whole numbers must lie between -2147483648 and 2147483647."
	case strings.ContainsAny(item, "#;"):
		return "Darknet knows no comments behind a value and merely stops reading there. Put the comment on a line of its own."
	case typ == Float || typ == Floats:
		return "Darknet's atof stops at the first character that doesn't belong to a number; no digits at all are 0."
	}
	return "Darknet's atoi stops at the first character that doesn't belong to a whole number; no digits at all are 0."
}

// severity tells a number with a comment behind it, which many cfgs have and which does no
// harm, from one that is misread.
func severity[T int | float64](written string, read reader[T]) Severity {
	before, _, commented := strings.Cut(written, "#")
	if _, clean := read(squeezer.Replace(before)); commented && clean && !hasGap(written) {
		return Note
	}
	return Warning
}

// hasGap reports whether blanks part two characters of an item, as in "1 2":
// darknet closes such gaps. What follows a # doesn't count.
func hasGap(item string) bool {
	item, _, _ = strings.Cut(item, "#")
	return strings.ContainsAny(strings.Trim(item, blanks), blanks)
}
