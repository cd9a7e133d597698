package cfg

// Type is the form of an option's value.
type Type uint8

// The types of values.
const (
	Int    Type = iota
	Flag        // an int of which only zero or not counts
	Float       //
	String      //
	Ints        // separated by commas
	Floats      // separated by commas
)

// String returns the type's name for people.
func (t Type) String() string {
	return nameOf(t, "int", "flag", "float", "string", "ints", "floats")
}

// Effect says what an option changes.
type Effect uint8

// The effects.
const (
	Inference Effect = iota // what the network computes
	Training                // only training: accepted, without effect here
	Ignored                 // read by darknet, without effect on the CPU's forward pass
)

// String returns the effect's name for people.
func (e Effect) String() string { return nameOf(e, "inference", "training", "ignored") }

// Origin says which program introduced an option.
type Origin uint8

// The origins.
const (
	Darknet   Origin = iota // AlexeyAB's darknet, mostly shared with the original
	Pjreddie                // only the original darknet
	Ghostdark               // an extension of this program
)

// String returns the origin's name for people.
func (o Origin) String() string { return nameOf(o, "darknet", "pjreddie", "ghostdark") }

// Field describes one option of a section.
type Field struct {
	Name    string
	Type    Type
	Default string // as one would write it in the file; "" is zero, the empty string or list
	Effect  Effect
	Origin  Origin
	Note    string // what it does, for the reference docs

	// StopAtHash marks the lists whose items end at a # even inside the line,
	// such as the anchors of [yolo].
	StopAtHash bool
}

// Schema lists the options of a section. One table serves reading, checking and
// the reference docs.
type Schema []Field

// Field returns the field of that name, or nil.
func (s Schema) Field(name string) *Field {
	if i := s.index(name); i >= 0 {
		return &s[i]
	}
	return nil
}

// index returns the place of the field of that name, or -1.
func (s Schema) index(name string) int {
	for i := range s {
		if s[i].Name == name {
			return i
		}
	}
	return -1
}

// Names lists the options' names in order.
func (s Schema) Names() []string {
	names := make([]string, len(s))
	for i := range s {
		names[i] = s[i].Name
	}
	return names
}
