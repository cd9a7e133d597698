package arm64

import "fmt"

// VLOAD loads four values.
func (f *Function) VLOAD(from Mem, to Vector) { f.op("FMOVQ", from, to.float()) }

// VLOADPair loads eight values.
func (f *Function) VLOADPair(from Mem, first, second Vector) {
	f.op("FLDPQ", from, fmt.Sprintf("(%s, %s)", first.float(), second.float()))
}

// VSTOREPair stores eight values.
func (f *Function) VSTOREPair(first, second Vector, to Mem) {
	f.op("FSTPQ", fmt.Sprintf("(%s, %s)", first.float(), second.float()), to)
}

// VLOADNext loads four values and then adds step bytes to the pointer.
func (f *Function) VLOADNext(p, step Register, to Vector) {
	f.op("VLD1.P", fmt.Sprintf("(%v)(%v)", p, step), "["+to.of("B16")+"]")
}

// VSTORENext stores four values and then adds step bytes to the pointer.
func (f *Function) VSTORENext(v Vector, p, step Register) {
	f.op("VST1.P", "["+v.of("B16")+"]", fmt.Sprintf("(%v)(%v)", p, step))
}

// VLOADFollowing loads four values and then moves the pointer behind them.
func (f *Function) VLOADFollowing(p Register, to Vector) {
	f.op("VLD1.P", Mem{p, 16}, "["+to.of("B16")+"]")
}

// VLOADPairFollowing loads eight values and then moves the pointer behind them.
func (f *Function) VLOADPairFollowing(p Register, first, second Vector) {
	f.op("FLDPQ.P", Mem{p, 32}, fmt.Sprintf("(%s, %s)", first.float(), second.float()))
}

// VSTOREPairFollowing stores eight values and then moves the pointer behind them.
func (f *Function) VSTOREPairFollowing(first, second Vector, p Register) {
	f.op("FSTPQ.P", fmt.Sprintf("(%s, %s)", first.float(), second.float()), Mem{p, 32})
}

// FMOVSFollowing loads a single value into lane 0 and then moves the pointer behind it.
func (f *Function) FMOVSFollowing(p Register, to Vector) { f.op("FMOVS.P", Mem{p, 4}, to.float()) }

// VBROADCAST copies a value in memory to all lanes.
func (f *Function) VBROADCAST(from Mem, to Vector) {
	f.op("FMOVS", from, to.float())
	f.op("VDUP", fmt.Sprintf("V%d.S[0]", to), to.of("S4"))
}

// VMOV copies a vector.
func (f *Function) VMOV(from, to Vector) { f.op("VMOV", from.of("B16"), to.of("B16")) }

// VZERO clears a vector.
func (f *Function) VZERO(v Vector) { f.op("VEOR", v.of("B16"), v.of("B16"), v.of("B16")) }

// VWORDS puts 32 bits into all lanes, by way of a general register.
func (f *Function) VWORDS(bits uint32, by Register, v Vector) {
	f.op("MOVW", fmt.Sprintf("$0x%08x", bits), by)
	f.op("VDUP", by, v.of("S4"))
}

// VFMLA computes d += n·m.
func (f *Function) VFMLA(m, n, d Vector) { f.op("VFMLA", m.of("S4"), n.of("S4"), d.of("S4")) }

// VFMLS computes d -= n·m.
func (f *Function) VFMLS(m, n, d Vector) { f.op("VFMLS", m.of("S4"), n.of("S4"), d.of("S4")) }

// VAND computes d = n & m.
func (f *Function) VAND(m, n, d Vector) { f.op("VAND", m.of("B16"), n.of("B16"), d.of("B16")) }

// VORR computes d = n | m.
func (f *Function) VORR(m, n, d Vector) { f.op("VORR", m.of("B16"), n.of("B16"), d.of("B16")) }

// VBSL takes the bits of n where those of d are set, and of m where they aren't.
func (f *Function) VBSL(m, n, d Vector) { f.op("VBSL", m.of("B16"), n.of("B16"), d.of("B16")) }

// VADD computes d = n + m of whole numbers.
func (f *Function) VADD(m, n, d Vector) { f.op("VADD", m.of("S4"), n.of("S4"), d.of("S4")) }

// VMUL computes d = n·m of whole numbers.
func (f *Function) VMUL(m, n, d Vector) { f.three(0x4ea09c00, "mul", m, n, d) }

// VSHL computes d = n·2^bits of whole numbers.
func (f *Function) VSHL(bits int, n, d Vector) { f.op("VSHL", bits, n.of("S4"), d.of("S4")) }

// VTRN1 puts the even values of n and m in turn into d.
func (f *Function) VTRN1(m, n, d Vector) { f.op("VTRN1", m.of("S4"), n.of("S4"), d.of("S4")) }

// VTRN2 puts the odd values of n and m in turn into d.
func (f *Function) VTRN2(m, n, d Vector) { f.op("VTRN2", m.of("S4"), n.of("S4"), d.of("S4")) }

// VTRN1Pairs puts the first pairs of n and m into d.
func (f *Function) VTRN1Pairs(m, n, d Vector) { f.op("VTRN1", m.of("D2"), n.of("D2"), d.of("D2")) }

// VTRN2Pairs puts the second pairs of n and m into d.
func (f *Function) VTRN2Pairs(m, n, d Vector) { f.op("VTRN2", m.of("D2"), n.of("D2"), d.of("D2")) }

// VTBL takes the bytes of n whose numbers are in m.
func (f *Function) VTBL(m, n, d Vector) { f.op("VTBL", m.of("B16"), "["+n.of("B16")+"]", d.of("B16")) }

// VFADD computes d = n + m.
func (f *Function) VFADD(m, n, d Vector) { f.three(0x4e20d400, "fadd", m, n, d) }

// VFSUB computes d = n - m.
func (f *Function) VFSUB(m, n, d Vector) { f.three(0x4ea0d400, "fsub", m, n, d) }

// VFMUL computes d = n·m.
func (f *Function) VFMUL(m, n, d Vector) { f.three(0x6e20dc00, "fmul", m, n, d) }

// VFDIV computes d = n/m.
func (f *Function) VFDIV(m, n, d Vector) { f.three(0x6e20fc00, "fdiv", m, n, d) }

// VFMAX computes the larger of n and m, NaN if one of them is.
func (f *Function) VFMAX(m, n, d Vector) { f.three(0x4e20f400, "fmax", m, n, d) }

// VFMIN computes the smaller of n and m, NaN if one of them is.
func (f *Function) VFMIN(m, n, d Vector) { f.three(0x4ea0f400, "fmin", m, n, d) }

// VFMAXNM computes the larger of n and m, or the other one if one of them is NaN.
func (f *Function) VFMAXNM(m, n, d Vector) { f.three(0x4e20c400, "fmaxnm", m, n, d) }

// VFCMGT sets all bits of the values for which n > m, and clears the others.
func (f *Function) VFCMGT(m, n, d Vector) { f.three(0x6ea0e400, "fcmgt", m, n, d) }

// VBIC clears in n the bits that are set in m.
func (f *Function) VBIC(m, n, d Vector) {
	f.word(0x4e601c00|uint32(m)<<16|uint32(n)<<5|uint32(d), "bic v%d.16b, v%d.16b, v%d.16b", d, n, m)
}

// VFRINTM rounds down to whole numbers.
func (f *Function) VFRINTM(n, d Vector) { f.two(0x4e219800, "frintm", n, d) }

// VSIGNS sets all bits of the values whose sign bit is set, and clears the others.
func (f *Function) VSIGNS(n, d Vector) {
	f.word(0x4f210400|uint32(n)<<5|uint32(d), "sshr v%d.4s, v%d.4s, #31", d, n)
}

// VFMLALane computes d += n·m[lane], with that value of m for every lane of n.
func (f *Function) VFMLALane(m Vector, lane int, n, d Vector) {
	low, high := uint32(lane&1), uint32(lane>>1)
	f.word(0x4f801000|low<<21|uint32(m)<<16|high<<11|uint32(n)<<5|uint32(d), "fmla v%d.4s, v%d.4s, v%d.s[%d]", d, n, m, lane)
}

func (f *Function) three(encoding uint32, mnemonic string, m, n, d Vector) {
	f.word(encoding|uint32(m)<<16|uint32(n)<<5|uint32(d), "%s v%d.4s, v%d.4s, v%d.4s", mnemonic, d, n, m)
}

func (f *Function) two(encoding uint32, mnemonic string, n, d Vector) {
	f.word(encoding|uint32(n)<<5|uint32(d), "%s v%d.4s, v%d.4s", mnemonic, d, n)
}
