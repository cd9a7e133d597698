// Command _gen writes the assembly of package kernels: every kernel family from one
// description for the instruction sets of amd64, and from another of the same form for arm64.
//
//	go run . -isa avx512 -out ../avx512_amd64.s -pkg kernels
//
// writes ../avx512_amd64.s, and ../avx512_amd64.go with the Go declarations.
package main

import (
	"flag"
	"fmt"
	"log"
	"math"
	"os"
	"regexp"
	"strings"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// isa is what the kernels of an instruction set differ in.
type isa struct {
	suffix      string // of function names
	lanes       int    // float32 values in a vector
	registers   int
	vector      func() VecVirtual
	rows, width int  // of the largest matrix tile, the width in vectors
	masks       bool // there are mask registers
	half        *isa // with vectors of half the length, for what is left of a whole one's channels
}

var isas = map[string]isa{
	"avx512": {suffix: "AVX512", lanes: 16, registers: 32, vector: ZMM, rows: 14, width: 2, masks: true,
		half: &isa{suffix: "AVX512Y", lanes: 8, registers: 32, vector: YMM, rows: 14, width: 1, masks: true}},
	"avx2": {suffix: "AVX2", lanes: 8, registers: 16, vector: YMM, rows: 6, width: 2},
}

func main() {
	name := flag.String("isa", "avx512", "instruction set: avx512, avx2 or neon")
	flag.Parse()
	out := flag.Lookup("out").Value.String() // a flag of avo
	if *name == "neon" {
		n := &neon{}
		declareSet(n, out)
		write(out, n.file.Source(generator, constraint))
		return
	}
	ConstraintExpr(constraint)
	declareSet(isas[*name], out)
	Generate()
	isas[*name].check(out)
}

// check stops at registers that the instruction set doesn't have, to which avo may resort.
func (s isa) check(file string) {
	source, err := os.ReadFile(file)
	if err != nil {
		log.Fatal(err)
	}
	if found := regexp.MustCompile(`[XY](1[6-9]|2\d|3[01])\b.*`).Find(source); found != nil && s.registers == 16 {
		log.Fatalf("%s: too few registers: %s", file, found)
	}
}

const (
	generator  = "command _gen"
	constraint = "!noasm" // of builds that what is generated belongs to
)

func write(path, text string) {
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		log.Fatal(err)
	}
}

func (s isa) name() string { return strings.ToLower(s.suffix) }

func (s isa) extents() extents {
	e := extents{lanes: s.lanes, rows: s.rows}
	for vectors := range s.width {
		e.vectors = append(e.vectors, vectors+1)
	}
	return e
}

func (s isa) narrow() families {
	if s.half == nil {
		return nil
	}
	return *s.half
}

func (s isa) bytes() int { return 4 * s.lanes }

// function begins a kernel that takes a pointer to its arguments. It returns the kernel's
// full name and the register with the pointer.
func (s isa) function(name, args, doc string) (string, Register) {
	name += s.suffix
	declare(name, args, doc)
	held = map[uint32]VecVirtual{}
	TEXT(name, NOSPLIT, "func(t *byte)")
	return name, Load(Param("t"), GP64())
}

// vectors allocates n vector registers.
func (s isa) vectors(n int) []VecVirtual {
	v := make([]VecVirtual, n)
	for i := range v {
		v[i] = s.vector()
	}
	return v
}

func field(base Register, offset int) Mem { return Mem{Base: base, Disp: offset} }

// constant is a float32 in read-only memory.
func constant(v float32) Mem {
	return readOnly(fmt.Sprintf("f%08x", math.Float32bits(v)), math.Float32bits(v))
}

// readOnly is read-only memory with these words, made once for each name.
func readOnly(name string, words ...uint32) Mem {
	m, ok := constants[name]
	if !ok {
		m = GLOBL(name, 8|16)
		for i, w := range words {
			DATA(4*i, U32(w))
		}
		constants[name] = m
	}
	return m
}

var constants = map[string]Mem{}
