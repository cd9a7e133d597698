package checkpoint

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strconv"
)

// Limits of pickles. A tensor takes about 60 instructions; each makes at most one small value.
const (
	maxInstructions = 1 << 20
	maxText         = 1 << 16 // bytes of a text that is kept
	maxDigits       = 1 << 10 // of a number written as text
)

// The values that a pickle makes are nil, bool, int64, *big.Int, float64, string, and these.
type (
	tuple []any
	list  struct{ items []any }
	dict  struct{ entries []entry } // of equal keys the last counts
	entry struct{ key, value any }
	// global is the name of something in a Python module.
	global struct{ module, name string }
	// object stands for what isn't known here: an instance of a class, the result of a
	// call, bytes, a set. what says which.
	object struct{ what string }
)

func (g global) String() string { return g.module + "." + g.name }

// machine follows the instructions of a pickle. It has no way to call anything: makers, which
// come from this package, make values of known globals, and whatever else a pickle calls becomes an object.
type machine struct {
	src          *source
	instructions int // that may still be followed
	stack        []any
	marks        []int // lengths of the stack at the marks
	memo         map[int64]any

	// persistent makes a value of a persistent identity.
	persistent func(id any) (any, error)
	// call makes a value of a global and arguments; known is false for a global that it doesn't know.
	call func(g global, args tuple) (v any, known bool, err error)
	// foreign is told of everything that isn't known and would have been called.
	foreign func(g global)
}

var errStack = errors.New("the pickle is damaged: an instruction lacks its operands")

// run follows instructions up to the one that ends the pickle and returns what it made.
func (m *machine) run() (any, error) {
	m.stack, m.marks, m.memo = nil, nil, map[int64]any{}
	for {
		op, err := m.src.byte()
		if err != nil {
			return nil, err
		}
		if m.instructions--; m.instructions < 0 {
			return nil, fmt.Errorf("the pickle has more than %d instructions", maxInstructions)
		}
		if op == '.' {
			return m.pop()
		}
		if err := m.step(op); err != nil {
			return nil, err
		}
	}
}

// step follows one instruction. Their names are those of Python's pickletools.
func (m *machine) step(op byte) error {
	switch op {
	case 0x80: // PROTO
		version, err := m.src.byte()
		if err == nil && version > 5 {
			err = fmt.Errorf("a pickle of protocol %d; 0 to 5 are known", version)
		}
		return err
	case 0x95: // FRAME: where buffers would begin
		return m.src.discard(8)
	case '(': // MARK
		m.marks = append(m.marks, len(m.stack))
		return nil
	case '0': // POP, of a mark if that is on top
		if k := len(m.marks); k > 0 && m.marks[k-1] == len(m.stack) {
			m.marks = m.marks[:k-1]
			return nil
		}
		_, err := m.pop()
		return err
	case '1': // POP_MARK
		_, err := m.popMark()
		return err
	case '2': // DUP
		v, err := m.top()
		if err != nil {
			return err
		}
		return m.push(v)
	case 'N': // NONE
		return m.push(nil)
	case 0x88, 0x89: // NEWTRUE, NEWFALSE
		return m.push(op == 0x88)
	case 'K', 'M', 'J', 0x8a, 0x8b, 'I', 'L', 'G', 'F':
		return m.number(op)
	case 'X', 0x8c, 0x8d, 'T', 'U', 'S', 'V', 'B', 'C', 0x8e, 0x96:
		return m.text(op)
	case 'p', 'q', 'r', 0x94, 'g', 'h', 'j':
		return m.remember(op)
	case ')', 't', 0x85, 0x86, 0x87, ']', 'l', 'a', 'e', '}', 'd', 's', 'u', 0x8f, 0x90, 0x91:
		return m.container(op)
	case 'c', 0x93, 'R', 0x81, 0x92, 'i', 'o', 'b', 'P', 'Q':
		return m.build(op)
	}
	return fmt.Errorf("the pickle is damaged: it has an unknown instruction %#02x", op)
}

func (m *machine) push(v any) error {
	m.stack = append(m.stack, v)
	return nil
}

// floor is the length below which the stack belongs to the values before the last mark.
func (m *machine) floor() int {
	if k := len(m.marks); k > 0 {
		return m.marks[k-1]
	}
	return 0
}

func (m *machine) top() (any, error) {
	if len(m.stack) <= m.floor() {
		return nil, errStack
	}
	return m.stack[len(m.stack)-1], nil
}

func (m *machine) pop() (any, error) {
	v, err := m.top()
	if err == nil {
		m.stack = m.stack[:len(m.stack)-1]
	}
	return v, err
}

// popMark takes everything since the last mark, in memory of its own.
func (m *machine) popMark() (tuple, error) {
	k := len(m.marks)
	if k == 0 {
		return nil, errStack
	}
	items := append(tuple(nil), m.stack[m.marks[k-1]:]...)
	m.stack, m.marks = m.stack[:m.marks[k-1]], m.marks[:k-1]
	return items, nil
}

// number pushes a number.
func (m *machine) number(op byte) error {
	switch op {
	case 'K', 'M', 'J': // BININT1, BININT2, BININT
		var b [4]byte
		if err := m.src.full(b[:map[byte]int{'K': 1, 'M': 2, 'J': 4}[op]]); err != nil {
			return err
		}
		return m.push(int64(int32(binary.LittleEndian.Uint32(b[:]))))
	case 0x8a, 0x8b: // LONG1, LONG4: little endian, two's complement
		n, err := m.src.length(map[byte]int{0x8a: 1, 0x8b: 4}[op])
		if err != nil {
			return err
		}
		if n > maxDigits {
			return fmt.Errorf("the pickle has a number of %d bytes", n)
		}
		b := make([]byte, n)
		if err := m.src.full(b); err != nil {
			return err
		}
		return m.push(long(b))
	case 'G': // BINFLOAT
		if err := m.src.discard(8); err != nil {
			return err
		}
		return m.push(float64(0)) // nothing here wants one
	}
	line, err := m.src.line()
	if err != nil {
		return err
	}
	switch {
	case op == 'F': // FLOAT
		return m.push(float64(0))
	case op == 'I' && (string(line) == "00" || string(line) == "01"): // INT for a bool
		return m.push(line[1] == '1')
	}
	v, ok := new(big.Int), false // INT, LONG
	if len(line) <= maxDigits {
		v, ok = v.SetString(string(bytes.TrimSuffix(line, []byte("L"))), 10)
	}
	if !ok {
		return errors.New("the pickle is damaged: what should be a number isn't one")
	}
	return m.push(small(v))
}

// long reads a number in little-endian two's complement.
func long(b []byte) any {
	v := new(big.Int)
	for i := len(b) - 1; i >= 0; i-- {
		v.Or(v.Lsh(v, 8), big.NewInt(int64(b[i])))
	}
	if len(b) > 0 && b[len(b)-1] >= 0x80 {
		v.Sub(v, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	return small(v)
}

// small gives numbers that fit as int64.
func small(v *big.Int) any {
	if v.IsInt64() {
		return v.Int64()
	}
	return v
}

// text pushes a text, or an object for one that is too long to be a name, or for bytes.
func (m *machine) text(op byte) error {
	if op == 'S' || op == 'V' { // STRING, UNICODE
		line, err := m.src.line()
		if err != nil {
			return err
		}
		if k := len(line); op == 'S' && k >= 2 && line[0] == line[k-1] && (line[0] == '\'' || line[0] == '"') {
			line = line[1 : k-1]
		}
		return m.push(string(line))
	}
	// BINUNICODE, SHORT_BINUNICODE, BINUNICODE8, BINSTRING, SHORT_BINSTRING, BINBYTES,
	// SHORT_BINBYTES, BINBYTES8, BYTEARRAY8
	width := map[byte]int{'X': 4, 0x8c: 1, 0x8d: 8, 'T': 4, 'U': 1, 'B': 4, 'C': 1, 0x8e: 8, 0x96: 8}[op]
	n, err := m.src.length(width)
	if err != nil {
		return err
	}
	if n > maxText || op == 'B' || op == 'C' || op == 0x8e || op == 0x96 {
		if err := m.src.discard(n); err != nil {
			return err
		}
		return m.push(object{"bytes or a long text"})
	}
	b := make([]byte, n)
	if err := m.src.full(b); err != nil {
		return err
	}
	return m.push(string(b))
}

// remember puts the topmost value into the memo, or pushes one from there.
func (m *machine) remember(op byte) error {
	var index int64
	var err error
	switch op {
	case 'p', 'g': // PUT, GET
		var line []byte
		if line, err = m.src.line(); err == nil {
			index, err = strconv.ParseInt(string(line), 10, 64)
		}
	case 'q', 'h': // BINPUT, BINGET
		index, err = m.src.length(1)
	case 'r', 'j': // LONG_BINPUT, LONG_BINGET
		index, err = m.src.length(4)
	case 0x94: // MEMOIZE
		index = int64(len(m.memo))
	}
	if err != nil {
		return err
	}
	if op == 'g' || op == 'h' || op == 'j' {
		v, known := m.memo[index]
		if !known {
			return fmt.Errorf("the pickle is damaged: it refers to value %d, which it hasn't made", index)
		}
		return m.push(v)
	}
	v, err := m.top()
	if err == nil {
		m.memo[index] = v
	}
	return err
}

// container makes or extends a tuple, a list, a dict or a set.
func (m *machine) container(op byte) error {
	switch op {
	case ')': // EMPTY_TUPLE
		return m.push(tuple(nil))
	case 0x85, 0x86, 0x87: // TUPLE1, TUPLE2, TUPLE3
		items := make(tuple, op-0x84)
		for i := len(items) - 1; i >= 0; i-- {
			var err error
			if items[i], err = m.pop(); err != nil {
				return err
			}
		}
		return m.push(items)
	case ']': // EMPTY_LIST
		return m.push(&list{})
	case '}': // EMPTY_DICT
		return m.push(&dict{})
	case 0x8f: // EMPTY_SET
		return m.push(object{"a set"})
	case 'a', 's': // APPEND, SETITEM: like the ones with a mark, with one or two values
		items := make(tuple, map[byte]int{'a': 1, 's': 2}[op])
		for i := len(items) - 1; i >= 0; i-- {
			var err error
			if items[i], err = m.pop(); err != nil {
				return err
			}
		}
		return m.extend(items)
	}
	items, err := m.popMark()
	if err != nil {
		return err
	}
	switch op {
	case 't': // TUPLE
		return m.push(items)
	case 'l': // LIST
		return m.push(&list{items})
	case 0x91: // FROZENSET
		return m.push(object{"a set"})
	case 'd': // DICT
		if err := m.push(&dict{}); err != nil {
			return err
		}
	}
	return m.extend(items) // APPENDS, SETITEMS, ADDITEMS
}

// extend adds items to the list or dict on top. What is added to an object is lost.
func (m *machine) extend(items tuple) error {
	v, err := m.top()
	if err != nil {
		return err
	}
	switch v := v.(type) {
	case *list:
		v.items = append(v.items, items...)
	case *dict:
		if len(items)%2 != 0 {
			return errStack
		}
		for ; len(items) > 0; items = items[2:] {
			v.entries = append(v.entries, entry{items[0], items[1]})
		}
	case object:
	default:
		return errors.New("the pickle is damaged: it adds items to what can't hold any")
	}
	return nil
}

// build names a global, or makes a value of one and arguments.
func (m *machine) build(op byte) error {
	switch op {
	case 'c', 'i': // GLOBAL, INST
		module, err := m.src.line()
		if err != nil {
			return err
		}
		g := global{module: string(module)}
		name, err := m.src.line()
		if err != nil {
			return err
		}
		g.name = string(name)
		if op == 'c' {
			return m.push(g)
		}
		args, err := m.popMark()
		if err != nil {
			return err
		}
		return m.make(g, args)
	case 0x93: // STACK_GLOBAL
		name, err := m.pop()
		if err != nil {
			return err
		}
		module, err := m.pop()
		if err != nil {
			return err
		}
		first, ok := module.(string)
		second, ok2 := name.(string)
		if !ok || !ok2 {
			return errors.New("the pickle is damaged: the name of a global is no text")
		}
		return m.push(global{first, second})
	case 'o': // OBJ
		args, err := m.popMark()
		if err != nil {
			return err
		}
		if len(args) == 0 {
			return errStack
		}
		return m.make(args[0], args[1:])
	case 'P', 'Q': // PERSID, BINPERSID
		var id any
		var err error
		if op == 'Q' {
			id, err = m.pop()
		} else {
			var line []byte
			line, err = m.src.line()
			id = string(line)
		}
		if err != nil {
			return err
		}
		v, err := m.persistent(id)
		if err != nil {
			return err
		}
		return m.push(v)
	}
	last, err := m.pop()
	if err != nil {
		return err
	}
	if op == 'b' { // BUILD: the state of an object, or the attributes of a dict, which don't matter
		_, err := m.top()
		return err
	}
	if op == 0x92 { // NEWOBJ_EX: last are arguments by name
		if last, err = m.pop(); err != nil {
			return err
		}
	}
	callee, err := m.pop() // of REDUCE, NEWOBJ, NEWOBJ_EX
	if err != nil {
		return err
	}
	args, ok := last.(tuple)
	if !ok {
		return errors.New("the pickle is damaged: arguments are no tuple")
	}
	return m.make(callee, args)
}

// make pushes what callee makes of arguments.
func (m *machine) make(callee any, args tuple) error {
	g, ok := callee.(global)
	if !ok { // something that an unknown call gave
		return m.push(object{"the result of a call"})
	}
	v, known, err := m.call(g, args)
	if err != nil {
		return err
	}
	if !known {
		m.foreign(g)
		v = object{g.String()}
	}
	return m.push(v)
}

// source reads a part of a file and knows how far it is.
type source struct {
	r  *bufio.Reader
	at int64
}

func newSource(r io.Reader) *source { return &source{r: bufio.NewReaderSize(r, maxText)} }

func (s *source) byte() (byte, error) {
	b, err := s.r.ReadByte()
	s.at++
	return b, err
}

func (s *source) full(b []byte) error {
	n, err := io.ReadFull(s.r, b)
	s.at += int64(n)
	return err
}

func (s *source) discard(n int64) error {
	copied, err := io.CopyN(io.Discard, s.r, n)
	s.at += copied
	return err
}

// length reads a length or an index of so many bytes, little endian.
func (s *source) length(width int) (int64, error) {
	var b [8]byte
	if err := s.full(b[:width]); err != nil {
		return 0, err
	}
	n := int64(binary.LittleEndian.Uint64(b[:]))
	if n < 0 {
		return 0, io.ErrUnexpectedEOF // no file is as long
	}
	return n, nil
}

// line reads up to the end of a line, which it leaves out. The text is valid until the next
// read.
func (s *source) line() ([]byte, error) {
	line, err := s.r.ReadSlice('\n')
	s.at += int64(len(line))
	if errors.Is(err, bufio.ErrBufferFull) {
		return nil, fmt.Errorf("the pickle has a line of more than %d bytes", maxText)
	}
	if err != nil {
		return nil, err
	}
	return line[:len(line)-1], nil
}
