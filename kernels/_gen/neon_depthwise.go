package main

import (
	"fmt"

	"github.com/ghostdark/ghostdark/kernels/_gen/arm64"
)

// depthwise makes the kernel for one vector of channels of a depthwise convolution.
func (n *neon) depthwise(size, stride int, repeating bool) string {
	if repeating { // spread makes the input that the others read
		return ""
	}
	name, k, t := n.function(fmt.Sprintf("depthwise%ds%d", size, stride), "Rows",
		fmt.Sprintf("computes a %d×%d depthwise convolution of stride %d, see Rows.", size, size, stride))
	load := k.Fields(t, rowsDst, rowsAdd, rowsTop, rowsLines, rowsSrcStep, rowsSrcLine, rowsDstStep, rowsAddStep)
	dstLine, addLine, top, lines, srcStep, srcLine, dstStep, addStep := load[0], load[1], load[2], load[3], load[4], load[5], load[6], load[7]
	k.MOVD(arm64.Mem{Base: t, Disp: rowsBias}, k.spare)
	bias := k.Vector()
	k.VLOAD(arm64.Mem{Base: k.spare}, bias)
	weight, values := k.Vectors(size), k.Vectors(4)
	load = k.generals(8)
	src, dst, add, left, before, behind, tapWeights, tapLines := load[0], load[1], load[2], load[3], load[4], load[5], load[6], load[7]
	taps, walk, p, count := k.General(), k.General(), k.General(), k.General()

	k.Label("line")
	k.clipTaps(t, size, top, src, tapWeights, tapLines)
	k.MOVD(arm64.Mem{Base: t, Disp: rowsLeft}, before)
	k.MOVD(before, k.spare)
	k.MUL(srcStep, k.spare)
	k.ADD(k.spare, src)
	k.NEG(before, before)
	k.MOVD(arm64.Mem{Base: t, Disp: rowsWidth}, behind)
	k.ADD(before, behind)
	k.MOVD(dstLine, dst)
	k.MOVD(addLine, add)
	k.MOVD(arm64.Mem{Base: t, Disp: rowsColumns}, left)

	// before is how many values from the block's first one on lie left of the input, behind is
	// the number of the first that lies right of it.
	block := func(columns int) {
		acc := k.Vectors(columns)
		defer k.Free(acc...)
		for _, v := range acc {
			k.VMOV(bias, v)
		}
		k.MOVD(src, taps)
		k.MOVD(tapWeights, p)
		k.MOVD(tapLines, count)
		tapLine, tapEnd := k.Unique("taps"), k.Unique("end")
		k.Label(tapLine)
		for _, w := range weight {
			k.VLOADFollowing(p, w)
		}
		k.MOVD(taps, walk)
		total := (columns-1)*stride + size
		for x := range total {
			value := values[x%len(values)]
			skip := ""
			if x < size-1 {
				skip = k.Unique("skip")
				k.CMP(x, before)
				k.BGT(skip)
			}
			if x > total-size {
				k.CMP(x, behind)
				k.BLE(tapEnd)
			}
			if skip == "" {
				k.VLOADNext(walk, srcStep, value)
			} else {
				k.VLOAD(arm64.Mem{Base: walk}, value)
			}
			for i := range acc {
				if tap := x - i*stride; tap >= 0 && tap < size {
					k.VFMLA(weight[tap], value, acc[i])
				}
			}
			if skip != "" {
				k.Label(skip)
				k.ADD(srcStep, walk)
			}
		}
		k.Label(tapEnd)
		k.ADD(srcLine, taps)
		k.SUBS(1, count)
		k.BNE(tapLine)

		act, stored := count, k.Unique("store")
		k.MOVD(arm64.Mem{Base: t, Disp: rowsAct}, act)
		k.activate(act, acc, values[0], values[1])
		k.CBZ(add, stored)
		for i, v := range acc {
			value := values[i%len(values)]
			k.VLOADNext(add, addStep, value)
			k.VFADD(value, v, v)
		}
		k.Label(stored)
		for _, v := range acc {
			k.VSTORENext(v, dst, dstStep)
		}
	}
	k.Label("block")
	k.CMP(pixelBlock, left)
	k.BLT("rest")
	block(pixelBlock)
	k.MOVD(pixelBlock*stride, k.spare)
	k.SUB(k.spare, before)
	k.SUB(k.spare, behind)
	k.MUL(srcStep, k.spare)
	k.ADD(k.spare, src)
	k.SUB(pixelBlock, left)
	k.B("block")
	k.Label("rest")
	for columns := pixelBlock - 1; columns > 0; columns-- {
		fewer := k.Unique("fewer")
		k.CMP(columns, left)
		k.BNE(fewer)
		block(columns)
		k.B("next")
		k.Label(fewer)
	}
	k.Label("next")
	k.MOVD(arm64.Mem{Base: t, Disp: rowsDstLine}, k.spare)
	k.ADD(k.spare, dstLine)
	k.ADD(stride, top)
	added := k.Unique("added")
	k.CBZ(addLine, added)
	k.MOVD(arm64.Mem{Base: t, Disp: rowsAddLine}, k.spare)
	k.ADD(k.spare, addLine)
	k.Label(added)
	k.SUBS(1, lines)
	k.BNE("line")
	k.RET()
	return name
}

// clipTaps finds the lines of taps that meet the input, of which top meets the first: how many
// there are, where their weights begin, and the line of the input that the first of them meets.
func (k kernel) clipTaps(t arm64.Register, size int, top, src, weights, lines arm64.Register) {
	first, limit := src, weights
	k.NEG(top, first)
	k.CMP(0, first)
	k.CSEL("GT", first, arm64.Zero, first)
	k.MOVD(arm64.Mem{Base: t, Disp: rowsHeight}, lines)
	k.SUB(top, lines)
	k.MOVD(size, limit)
	k.CMP(limit, lines)
	k.CSEL("LT", lines, limit, lines)
	k.SUB(first, lines)
	k.MOVD(arm64.Mem{Base: t, Disp: rowsWeights}, weights)
	k.MOVD(size*neonBytes, k.spare)
	k.MUL(first, k.spare)
	k.ADD(k.spare, weights)
	k.MOVD(arm64.Mem{Base: t, Disp: rowsSrcLine}, k.spare)
	k.ADD(top, first)
	k.MUL(first, k.spare)
	k.MOVD(arm64.Mem{Base: t, Disp: rowsSrc}, src)
	k.ADD(k.spare, src)
}

// spread makes the kernel that fills a strip.
func (n *neon) spread() string {
	name, k, t := n.function("spread", "Rows",
		"copies pixels, in each vector the values whose numbers Weights holds, see Rows.")
	load := k.Fields(t, rowsSrc, rowsDst, rowsSrcStep, rowsDstStep, rowsSrcLine, rowsDstLine, rowsLines, rowsWeights)
	srcLine, dstLine, srcStep, dstStep, srcNext, dstNext, lines, p := load[0], load[1], load[2], load[3], load[4], load[5], load[6], load[7]
	k.Comment("The bytes of value i are 4i, 4i+1, 4i+2, 4i+3.")
	order, factor := k.Vector(), k.Vector()
	left, src, dst := k.General(), k.General(), k.General()
	k.VLOAD(arm64.Mem{Base: p}, order)
	k.VWORDS(0x04040404, k.spare, factor)
	k.VMUL(factor, order, order)
	k.VWORDS(0x03020100, k.spare, factor)
	k.VADD(factor, order, order)
	v := k.Vectors(4)

	k.Label("line")
	k.MOVD(srcLine, src)
	k.MOVD(dstLine, dst)
	k.MOVD(arm64.Mem{Base: t, Disp: rowsColumns}, left)
	block := func(columns int) {
		for _, v := range v[:columns] {
			k.VLOADNext(src, srcStep, v)
			k.VTBL(order, v, v)
		}
		for _, v := range v[:columns] {
			k.VSTORENext(v, dst, dstStep)
		}
	}
	k.Label("block")
	k.SUBS(len(v), left)
	k.BLT("rest")
	block(len(v))
	k.B("block")
	k.Label("rest")
	k.ADD(len(v), left)
	k.CBZ(left, "next")
	k.Label("single")
	block(1)
	k.SUBS(1, left)
	k.BNE("single")
	k.Label("next")
	k.ADD(srcNext, srcLine)
	k.ADD(dstNext, dstLine)
	k.SUBS(1, lines)
	k.BNE("line")
	k.RET()
	return name
}
