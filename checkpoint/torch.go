package checkpoint

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// storageTypes are the classes of PyTorch's storages in module torch.
var storageTypes = map[string]Type{
	"FloatStorage": Float32, "DoubleStorage": Float64, "HalfStorage": Float16, "BFloat16Storage": BFloat16,
	"ByteStorage": Int8, "CharStorage": Int8, "BoolStorage": Int8, "ShortStorage": Int16, "IntStorage": Int32, "LongStorage": Int64,
}

// torchStorage is a storage as a pickle describes it: so many values of a type, under a key. place finds
// the key's bytes.
type torchStorage struct {
	typ    Type
	key    string
	values int64
	first  int64 // in the storage with that key, in values, where this one is a view of it
	place  func(s *torchStorage) (offset, bytes int64, err error)
}

func (s *torchStorage) locate() (offset, bytes int64, err error) {
	offset, bytes, err = s.place(s)
	if err != nil {
		return 0, 0, fmt.Errorf("storage %s: %w", printable(s.key), err)
	}
	size := int64(s.typ.Size())
	if bytes/size < s.first+s.values {
		return 0, 0, fmt.Errorf("storage %s: has %d bytes, too few for %d %s values: the file is damaged", printable(s.key), bytes, s.first+s.values, s.typ)
	}
	return offset + s.first*size, s.values * size, nil
}

// torchReader makes tensors of what the pickles of a PyTorch file say.
type torchReader struct {
	file         *File
	place        func(s *torchStorage) (offset, bytes int64, err error)
	instructions int // that all pickles together may still have
	storages     []*torchStorage
}

// run follows a pickle.
func (t *torchReader) run(src *source) (any, error) {
	m := machine{src: src, instructions: t.instructions, persistent: t.persistent, call: t.call, foreign: t.foreign}
	v, err := m.run()
	t.instructions = m.instructions
	return v, err
}

// foreign lists a call that wasn't made.
func (t *torchReader) foreign(g global) {
	const most = 16
	name := printable(g.String())
	if f := t.file; len(f.Foreign) < most && !slices.Contains(f.Foreign, name) {
		f.Foreign = append(f.Foreign, name)
	}
}

// persistent makes a storage of ("storage", class, key, device, length), in the older format
// followed by nil or by the view's (key, offset, length).
func (t *torchReader) persistent(id any) (any, error) {
	parts, _ := id.(tuple)
	if len(parts) < 5 || parts[0] != "storage" {
		return object{"a persistent object"}, nil
	}
	class, isClass := parts[1].(global)
	typ, known := storageTypes[class.name]
	if !isClass || class.module != "torch" || !known {
		return object{"a storage of " + class.String()}, nil
	}
	key, isKey := parts[2].(string)
	values, isCount := parts[4].(int64)
	if !isKey || !isCount || values < 0 || values > t.file.size/int64(typ.Size()) {
		return nil, fmt.Errorf("a storage of %v values is larger than the file", parts[4])
	}
	s := &torchStorage{typ: typ, key: key, values: values, place: t.place}
	if len(parts) > 5 && parts[5] != nil {
		view, _ := parts[5].(tuple)
		if len(view) != 3 {
			return nil, fmt.Errorf("storage %s: is a view that can't be understood", printable(key))
		}
		first, ok := view[1].(int64)
		length, ok2 := view[2].(int64)
		if !ok || !ok2 || first < 0 || length < 0 || first > values || length > values-first {
			return nil, fmt.Errorf("storage %s: is a view beyond its %d values", printable(key), values)
		}
		s.first, s.values = first, length
	}
	t.storages = append(t.storages, s)
	return s, nil
}

// call makes dicts and tensors.
func (t *torchReader) call(g global, args tuple) (v any, known bool, err error) {
	switch g.String() {
	case "collections.OrderedDict":
		v, err = orderedDict(args)
	case "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor":
		v, err = t.tensor(args)
	case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state":
		if len(args) == 0 {
			return nil, true, errStack
		}
		v = args[0]
	default:
		return nil, false, nil
	}
	return v, true, err
}

// orderedDict makes a dict of a list of pairs, which may be absent.
func orderedDict(args tuple) (any, error) {
	d := &dict{}
	if len(args) == 0 {
		return d, nil
	}
	pairs, ok := args[0].(*list)
	if !ok {
		return nil, errors.New("the pickle is damaged: a dict is made of something else than a list")
	}
	for _, item := range pairs.items {
		var pair []any
		switch item := item.(type) {
		case *list:
			pair = item.items
		case tuple:
			pair = item
		}
		if len(pair) != 2 {
			return nil, errors.New("the pickle is damaged: a dict's item is no pair")
		}
		d.entries = append(d.entries, entry{pair[0], pair[1]})
	}
	return d, nil
}

// tensor makes a tensor of (storage, offset, extents, strides, …). Its name comes later.
func (t *torchReader) tensor(args tuple) (any, error) {
	if len(args) < 4 {
		return nil, errStack
	}
	s, ok := args[0].(*torchStorage)
	if !ok {
		return object{"a tensor of an unknown type"}, nil
	}
	offset, ok := args[1].(int64)
	dims, ok2 := extents(args[2])
	strides, ok3 := extents(args[3])
	if !ok || !ok2 || !ok3 || len(dims) != len(strides) || offset < 0 || offset > s.values {
		return nil, errors.New("the pickle is damaged: a tensor's offset, extents or strides make no sense")
	}
	n, err := count(dims, s.values)
	if err != nil {
		return nil, fmt.Errorf("a tensor has %w", err)
	}
	last := offset // one value, or the last one
	for i, d := range dims {
		if n == 0 || d == 1 {
			strides[i] = 0
		}
		if strides[i] < 0 || d > 1 && int64(strides[i]) > s.values/int64(d-1) {
			return nil, fmt.Errorf("a tensor has the strides %v, beyond the %d values that are there", strides, s.values)
		}
		last += int64(max(d-1, 0)) * int64(strides[i])
	}
	if n > 0 && last >= s.values {
		return nil, fmt.Errorf("a tensor with the extents %v and the strides %v ends beyond the %d values that are there", dims, strides, s.values)
	}
	return &Tensor{Type: s.typ, Dims: dims, strides: strides, offset: int(offset), storage: s}, nil
}

// extents reads a tuple or a list of numbers.
func extents(v any) ([]int, bool) {
	items, ok := v.(tuple)
	if l, isList := v.(*list); isList {
		items, ok = l.items, true
	}
	if !ok || len(items) > maxDims {
		return nil, false
	}
	numbers := make([]int, len(items))
	for i, item := range items {
		n, ok := item.(int64)
		if !ok || int64(int(n)) != n {
			return nil, false
		}
		numbers[i] = int(n)
	}
	return numbers, true
}

// wrappers are the keys under which training programs put a network's state dict, the usual ones first.
var wrappers = []string{"state_dict", "model_state_dict", "model", "net", "network", "model_ema", "state_dict_ema"}

// readState makes the file's table of what its main pickle has made: a dict of tensors by name, or a
// dict that holds such a one.
func (f *File) readState(v any) error {
	d, ok := v.(*dict)
	if !ok {
		what := "something else"
		if o, isObject := v.(object); isObject {
			what = o.what
		}
		return fmt.Errorf("holds %s instead of a dict of tensors by name: load it in Python and save model.state_dict()", printable(what))
	}
	var state []*Tensor
	for _, key := range wrappers {
		if inner, ok := d.get(key).(*dict); ok && len(state) == 0 {
			state = tensorsOf(inner)
		}
	}
	if len(state) == 0 {
		state = tensorsOf(d)
	}
	if len(state) == 0 {
		return fmt.Errorf("holds no tensors by name, neither at its top nor under %s", strings.Join(wrappers, ", "))
	}
	for _, t := range state {
		if err := f.add(t); err != nil {
			return err
		}
	}
	return nil
}

// get returns the last value under a key, nil for none.
func (d *dict) get(key string) any {
	for _, e := range slices.Backward(d.entries) {
		if e.key == key {
			return e.value
		}
	}
	return nil
}

// tensorsOf lists a dict's tensors with their names, in order.
func tensorsOf(d *dict) []*Tensor {
	places := map[string]int{}
	var all []*Tensor
	for _, e := range d.entries {
		name, ok := e.key.(string)
		t, isTensor := e.value.(*Tensor)
		if !ok || !isTensor {
			continue
		}
		named := *t // one tensor may have several names
		named.Name = name
		if i, again := places[name]; again {
			all[i] = &named
			continue
		}
		places[name] = len(all)
		all = append(all, &named)
	}
	return all
}

// PyTorch's older format begins with pickles of these two numbers.
const (
	legacyMagic   = "119547037146038801333356"
	legacyVersion = 1001
)

// isPickle tells a file of the older format: a pickle that begins with that number, in binary or, in
// protocol 0, in digits.
func isPickle(head []byte) bool {
	if len(head) > 1 && head[0] == 0x80 && head[1] <= 5 {
		return true
	}
	return strings.HasPrefix(string(head), "L"+legacyMagic)
}

// readLegacy reads a file of the format that torch.save wrote before version 1.6, and does with
// _use_new_zipfile_serialization=False: pickles of a number, a version, the system, the state and the
// storages' keys, and for each key the number of values and the values.
func (f *File) readLegacy() error {
	f.Format = "PyTorch, before 1.6"
	places := map[string]piece{}
	t := torchReader{file: f, instructions: maxInstructions, place: func(s *torchStorage) (int64, int64, error) {
		p, ok := places[s.key]
		if !ok {
			return 0, 0, errors.New("its values are not in the file")
		}
		return p.locate()
	}}
	src := newSource(io.NewSectionReader(f.r, 0, f.size))
	var parts [5]any
	for i := range parts {
		var err error
		if parts[i], err = t.run(src); err != nil {
			return err
		}
		if i == 0 && fmt.Sprint(parts[i]) != legacyMagic {
			return errors.New("a pickle, but not one of PyTorch")
		}
		if i == 1 && parts[i] != int64(legacyVersion) {
			return fmt.Errorf("a PyTorch file of version %v; only %d is known", parts[i], legacyVersion)
		}
	}
	if system, ok := parts[2].(*dict); ok && system.get("little_endian") == false {
		return errors.New("was written on a big-endian machine; load it in Python and save it again on another one")
	}
	keys, ok := parts[4].(*list)
	if !ok {
		return errors.New("the list of storages is damaged")
	}
	if err := f.placeStorages(src.at, keys.items, t.storages, places); err != nil {
		return err
	}
	return f.readState(parts[3])
}

// placeStorages finds the storages that lie one after another from an offset on, each behind the
// number of its values.
func (f *File) placeStorages(at int64, keys []any, storages []*torchStorage, places map[string]piece) error {
	types := map[string]Type{}
	for _, s := range storages {
		types[s.key] = s.typ
	}
	for _, k := range keys {
		key, isText := k.(string)
		typ, used := types[key]
		_, again := places[key]
		if !isText || !used || again {
			return fmt.Errorf("the list of storages is damaged: it has %s, which no tensor uses or which it had before", printable(key))
		}
		var length [8]byte
		if _, err := f.r.ReadAt(length[:], at); err != nil {
			return err
		}
		values := int64(binary.LittleEndian.Uint64(length[:]))
		p := piece{offset: at + 8, bytes: values * int64(typ.Size())}
		if values < 0 || values > f.size/int64(typ.Size()) || p.bytes > f.size-p.offset {
			return fmt.Errorf("storage %s: has %d values, more than the file: it is damaged, or its download was interrupted", printable(key), values)
		}
		places[key] = p
		at = p.offset + p.bytes
	}
	return nil
}
