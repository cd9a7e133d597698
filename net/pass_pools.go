package net

import "github.com/ghostdark/ghostdark/layers"

// chainPools lets a pooling of a pyramid, as in spatial pyramid pooling, read the output of a
// smaller one of the same input: the maximum over windows of n is that over windows of n-m+1 of
// the maxima over windows of m.
func chainPools(p *plan) {
	if p.set == nil {
		return
	}
	for i, u := range p.units {
		size := centred(u)
		if size == 0 {
			continue
		}
		var smaller *unit
		for _, other := range p.units[:i] {
			if s := centred(other); s > 0 && s < size && other.layer.Inputs[0] == u.layer.Inputs[0] && (smaller == nil || s > centred(smaller)) {
				smaller = other
			}
		}
		if smaller != nil {
			u.window = size - centred(smaller) + 1
			u.from[0], u.inputs = smaller.out, []int{smaller.layer.Index}
		}
	}
}

// centred gives the size of a max pooling whose windows have each pixel in their middle, or 0.
func centred(u *unit) int {
	pool, ok := u.layer.Op.(*layers.MaxPool)
	if !ok || u.turn || pool.Blur != nil || pool.StrideX != 1 || pool.StrideY != 1 || pool.Size%2 == 0 || pool.Padding != pool.Size-1 {
		return 0
	}
	return pool.Size
}
