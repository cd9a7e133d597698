package cfg

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// reader reads the number at the start of a text; clean is false when the text
// is anything but a number in range.
type reader[T int | float64] func(text string) (v T, clean bool)

// scalar returns one number, or the default's when it isn't finite.
func scalar[T int | float64](o *Options, name string, typ Type, read reader[T]) T {
	text, opt := o.lookup(name, typ)
	v, clean := read(text)
	if opt == nil {
		return v
	}
	if !finite(float64(v)) {
		o.refuse(opt, opt.Range, quote(opt.text()))
		v, _ = read(o.schema[o.field(name)].Default)
		return v
	}
	if written := cmp.Or(opt.written, opt.Value); !clean || hasGap(written) {
		o.report(opt, severity(written, read), opt.Range, fmt.Sprintf("%s is read as %v", quote(opt.text()), v), reason(written, typ))
	}
	return v
}

// list returns the numbers between commas, or the default's when one of them
// isn't finite; no text at all is nil. Of the items that are read otherwise than
// they look the first is described and the others counted.
func list[T int | float64](o *Options, name string, typ Type, read reader[T]) []T {
	text, opt := o.lookup(name, typ)
	field := &o.schema[o.field(name)]
	if opt == nil {
		return numbers(text, field.StopAtHash, read)
	}
	parts := split(text, field.StopAtHash)
	written := split(cmp.Or(opt.written, opt.Value), field.StopAtHash)
	items := make([]T, len(parts))
	odd, firstOdd := 0, 0
	for i, part := range parts {
		v, clean := read(part)
		if !finite(float64(v)) {
			o.refuse(opt, itemRange(opt, written, i), fmt.Sprintf("%s in %s", quote(part), quote(name)))
			return numbers(field.Default, field.StopAtHash, read)
		}
		if !clean || hasGap(written[i]) {
			if odd == 0 {
				firstOdd = i
			}
			odd++
		}
		items[i] = v
	}
	if odd > 0 {
		item := strings.Trim(written[firstOdd], blanks)
		what := quote(item)
		if item == "" {
			what = "an empty item"
		}
		message := fmt.Sprintf("%s in %s is read as %v", what, quote(name), items[firstOdd])
		if odd > 1 {
			message += fmt.Sprintf(", and %d more like it", odd-1)
		}
		o.report(opt, severity(item, read), itemRange(opt, written, firstOdd), message, reason(item, typ))
	}
	return items
}

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

// refuse reports that the value at a place isn't a number.
func (o *Options) refuse(opt *Option, at Range, what string) {
	o.report(opt, Error, at, what+" is not a finite number", "Give a number between -3.4e38 and 3.4e38.")
}

// report adds a finding about opt's value unless it has one already.
func (o *Options) report(opt *Option, sev Severity, at Range, message, hint string) {
	if o.reported[opt] {
		return
	}
	if o.reported == nil {
		o.reported = map[*Option]bool{}
	}
	o.reported[opt] = true
	*o.diags = append(*o.diags, Diagnostic{sev, at, o.section.Index, message, hint, nil})
}
