package cfg

import (
	"cmp"
	"fmt"
	"strings"
)

// Options reads one section through its schema as darknet would: numbers end at
// the first odd character, the first of repeated options wins, absent ones have
// the schema's default. A value that isn't what it looks like gets one warning.
//
// The getters panic when the schema has no option of that name and type.
type Options struct {
	section  *Section
	schema   Schema
	diags    *Diagnostics
	read     []bool // by field of the schema
	reported map[*Option]bool
}

// Read starts reading the section's options. Findings are added to diags.
func (s *Section) Read(schema Schema, diags *Diagnostics) *Options {
	return &Options{section: s, schema: schema, diags: diags, read: make([]bool, len(schema))}
}

// Section returns the section that is being read.
func (o *Options) Section() *Section { return o.section }

// Has reports whether the option is given with a value.
func (o *Options) Has(name string) bool {
	o.read[o.field(name)] = true
	return o.section.Option(name) != nil
}

// Range returns the place of the option's value, or of the section's header
// when it isn't given.
func (o *Options) Range(name string) Range {
	o.field(name)
	if opt := o.section.Option(name); opt != nil {
		return opt.Range
	}
	return o.section.Range
}

// Int returns the value of an Int option.
func (o *Options) Int(name string) int { return o.integer(name, Int) }

// Flag reports whether a Flag option is on, which is any int but zero.
func (o *Options) Flag(name string) bool { return o.integer(name, Flag) != 0 }

func (o *Options) integer(name string, typ Type) int { return scalar(o, name, typ, atoi) }

// Float returns the value of a Float option. A value that isn't finite as a
// float32 is an error, and the default is returned.
func (o *Options) Float(name string) float64 { return scalar(o, name, Float, atof) }

// String returns the value of a String option.
func (o *Options) String(name string) string {
	text, _ := o.lookup(name, String)
	return text
}

// Ints returns the items of an Ints option: one more than it has commas, each
// read like an Int, so that nothing between two commas is an item 0.
func (o *Options) Ints(name string) []int { return list(o, name, Ints, atoi) }

// Floats returns the items of a Floats option, split like those of Ints. An item
// that isn't finite as a float32 is an error, and the default is returned.
func (o *Options) Floats(name string) []float64 { return list(o, name, Floats, atof) }

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

// field returns the index of the schema's entry for name.
func (o *Options) field(name string) int {
	i := o.schema.index(name)
	if i < 0 {
		panic(fmt.Sprintf("BUG: cfg: the schema of [%s] has no option %s", o.section.Name, name))
	}
	return i
}

// lookup returns the text that counts for the option, and where it stands: nil
// when it is the default.
func (o *Options) lookup(name string, typ Type) (string, *Option) {
	i := o.field(name)
	if declared := o.schema[i].Type; declared != typ {
		panic(fmt.Sprintf("BUG: cfg: option %s of [%s] is read as %v but declared as %v", name, o.section.Name, typ, declared))
	}
	o.read[i] = true
	if opt := o.section.Option(name); opt != nil {
		return opt.Value, opt
	}
	return o.schema[i].Default, nil
}

// Finish warns of unknown options, and of known ones that were given but never
// asked for although they matter to inference in general. Call it once, after
// the last getter.
func (o *Options) Finish() {
	seen := map[string]bool{}
	for _, opt := range o.section.Options {
		if !opt.HasValue || seen[opt.Key] {
			continue
		}
		seen[opt.Key] = true
		i := o.schema.index(opt.Key)
		d := Diagnostic{Severity: Warning, Range: opt.KeyRange, Section: o.section.Index}
		switch {
		case i < 0:
			d.Message = fmt.Sprintf("unknown option %s", quote(opt.Key))
			d.Hint = fmt.Sprintf("It is ignored, as darknet does; [%s] has no such option.", printable(o.section.Name))
			if near := Nearest(opt.Key, o.schema.Names()); near != "" {
				d.Hint = fmt.Sprintf("It is ignored; did you mean `%s`?", near)
			}
		case o.schema[i].Effect == Inference && !o.read[i]:
			d.Message = fmt.Sprintf("%s has no effect here", quote(opt.Key))
			d.Hint = "Other options of this section make it meaningless."
		default:
			continue
		}
		*o.diags = append(*o.diags, d)
	}
}
