package cfg

import "fmt"

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
