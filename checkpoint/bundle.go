package checkpoint

import (
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"sync"

	"google.golang.org/protobuf/encoding/protowire"
)

// A checkpoint of TensorFlow is two files, NAME.index and NAME.data-00000-of-00001. The first is a sorted table of messages
// in protobuf's wire format, by the names of the tensors that they describe; the second has these tensors' values.
const (
	indexSuffix  = ".index"
	valuesSuffix = ".data-00000-of-00001"
)

// bundleVersion is the version of the format that is known. There has been no other.
const bundleVersion = 1

// bundleTypes are the types of values by TensorFlow's numbers.
var bundleTypes = map[uint64]Type{
	1: Float32, 2: Float64, 3: Int32, 4: Int8, 5: Int16, 6: Int8, 9: Int64, 10: Int8, 11: Int8, 12: Int8, 13: Int32, 14: BFloat16,
	15: Int16, 16: Int16, 17: Int16, 19: Float16, 22: Int32, 23: Int64,
}

const bundleText = 7 // the type of texts

// anyValues is the end of the name of a file of values, of which there may be several.
var anyValues = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\.data-\d+-of-\d+$`) })

// indexOf returns the index's name where path stands for a checkpoint of TensorFlow: the name that its files share, or
// that of its values.
func indexOf(path string) string {
	if place := anyValues().FindStringIndex(path); place != nil {
		return path[:place[0]] + indexSuffix
	}
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		if _, err := os.Stat(path + indexSuffix); err == nil {
			return path + indexSuffix
		}
	}
	return path
}

// openBundle reads a checkpoint of TensorFlow whose index is open. It opens the file of its values.
func openBundle(index *io.SectionReader, name string) (*File, error) {
	stem, isIndex := strings.CutSuffix(name, indexSuffix)
	if !isIndex {
		return nil, fmt.Errorf("%s: the index of a TensorFlow checkpoint; name it NAME%s, and the file of its values NAME%s", name, indexSuffix, valuesSuffix)
	}
	r, values, err := open(stem + valuesSuffix)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s: the values of this TensorFlow checkpoint are in another file, %s, which isn't there", name, stem+valuesSuffix)
	}
	if err != nil {
		return nil, err
	}
	f, err := ReadBundle(index, values, name)
	if err != nil {
		r.Close()
		return nil, err
	}
	f.close = r.Close
	return f, nil
}

// ReadBundle reads the table of a checkpoint of TensorFlow, which is two files. name is the index's, for messages.
func ReadBundle(index, values *io.SectionReader, name string) (*File, error) {
	f := &File{Name: name, Format: "TensorFlow", r: values, size: values.Size(), budget: values.Size()}
	if err := f.readBundle(index); err != nil {
		return nil, f.wrap(err)
	}
	return f, nil
}

func (f *File) readBundle(index *io.SectionReader) error {
	switch {
	case !isTable(index, index.Size()):
		return errors.New("no index of a TensorFlow checkpoint, or its end is missing: its download may have been interrupted")
	case index.Size() > maxHeader:
		return fmt.Errorf("an index of %d bytes, more than %d: is it a checkpoint in TensorFlow's format V1? Load it in Python and save it again", index.Size(), maxHeader)
	}
	last, first := "", true
	err := eachEntry(index, maxName, func(key, value []byte) error {
		name := string(key)
		if first {
			first = false
			if name != "" {
				return errors.New("the index is damaged: it doesn't begin with the checkpoint's header")
			}
			return checkBundleHeader(value)
		}
		if name <= last {
			return fmt.Errorf("the index is damaged: %s comes behind %s", printable(name), printable(last))
		}
		last = name
		return f.addBundled(name, value)
	})
	if err == nil && len(f.Tensors) == 0 {
		err = errors.New("holds no tensors")
	}
	return err
}

// checkBundleHeader refuses what is known of the format but not read.
func checkBundleHeader(message []byte) error {
	files, order, needs := uint64(0), uint64(0), uint64(0)
	err := eachField(message, func(number protowire.Number, v field) {
		switch number {
		case 1:
			files = v.number
		case 2:
			order = v.number
		case 3: // versions
			v.message(func(number protowire.Number, v field) {
				if number == 2 {
					needs = v.number
				}
			})
		}
	})
	switch {
	case err != nil:
		return fmt.Errorf("the index is damaged, or in TensorFlow's format V1: its header is %w", err)
	case order != 0:
		return errors.New("was written on a big-endian machine; load it in Python and save it again on another one")
	case needs > bundleVersion:
		return fmt.Errorf("a TensorFlow checkpoint that only readers of version %d understand; %d is known", needs, bundleVersion)
	case files == 0:
		return errors.New("the index is damaged: its header tells of no file of values")
	case files != 1:
		return fmt.Errorf("the values of this TensorFlow checkpoint are in %d files instead of one; load it in Python and save it again with sharded=False", files)
	}
	return nil
}

// addBundled appends the tensor that a message describes.
func (f *File) addBundled(name string, message []byte) error {
	var typ, file, offset, size, sum uint64
	var slices bool
	dims := []int{}
	err := eachField(message, func(number protowire.Number, v field) {
		switch number {
		case 1:
			typ = v.number
		case 2: // shape
			v.message(func(number protowire.Number, v field) {
				if number == 2 && len(dims) <= maxDims { // an extent
					extent := uint64(0)
					v.message(func(number protowire.Number, v field) {
						if number == 1 {
							extent = v.number
						}
					})
					dims = append(dims, int(extent))
				}
			})
		case 3:
			file = v.number
		case 4:
			offset = v.number
		case 5:
			size = v.number
		case 6:
			sum = v.number
		case 7:
			slices = true
		}
	})
	if err != nil {
		return fmt.Errorf("tensor %s: the index is damaged: its entry is %w", printable(name), err)
	}
	if typ == bundleText { // TensorFlow 2 describes the objects that it has saved in one
		return nil
	}
	valueType, known := bundleTypes[typ]
	switch {
	case !known:
		return fmt.Errorf("tensor %s: values of TensorFlow's type %d can't be read", printable(name), typ)
	case slices:
		return fmt.Errorf("tensor %s: was saved in slices, as a partitioned variable; load the checkpoint in Python and save it in one piece", printable(name))
	case file != 0:
		return fmt.Errorf("tensor %s: the index is damaged: its values are in file %d of 1", printable(name), file)
	case size > uint64(f.size) || offset > uint64(f.size)-size:
		return fmt.Errorf("tensor %s: its %d bytes from byte %d on are beyond the %d of the file of values: it is damaged, or its download was interrupted", printable(name), size, offset, f.size)
	}
	n, err := count(dims, f.size)
	if err != nil {
		return fmt.Errorf("tensor %s: has %w", printable(name), err)
	}
	if want := n * int64(valueType.Size()); want != int64(size) {
		return fmt.Errorf("tensor %s: %d %s values take %d bytes, not %d", printable(name), n, valueType, want, size)
	}
	return f.add(&Tensor{
		Name: name, Type: valueType, Dims: dims, strides: contiguous(dims),
		storage: piece{int64(offset), int64(size)}, summed: true, sum: uint32(sum),
	})
}

// field is the value of a message's field: a number, or bytes, which may be a message.
type field struct {
	number uint64
	bytes  []byte
	err    *error // where to note that a message in it can't be read
}

// message calls f with the fields of the message that the field holds.
func (v field) message(f func(number protowire.Number, v field)) {
	if err := eachField(v.bytes, f); err != nil {
		*v.err = err
	}
}

var errMessage = errors.New("no message that can be read")

// eachField calls f with a message's fields.
func eachField(message []byte, f func(number protowire.Number, v field)) error {
	var inner error
	for len(message) > 0 {
		number, typ, n := protowire.ConsumeTag(message)
		if n < 0 {
			return errMessage
		}
		message = message[n:]
		v := field{err: &inner}
		switch typ {
		case protowire.VarintType:
			v.number, n = protowire.ConsumeVarint(message)
		case protowire.Fixed32Type:
			var v32 uint32
			v32, n = protowire.ConsumeFixed32(message)
			v.number = uint64(v32)
		case protowire.BytesType:
			v.bytes, n = protowire.ConsumeBytes(message)
		default:
			n = protowire.ConsumeFieldValue(number, typ, message)
		}
		if n < 0 {
			return errMessage
		}
		message = message[n:]
		if f(number, v); inner != nil {
			return inner
		}
	}
	return nil
}
