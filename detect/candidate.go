package detect

// Candidate is a box that a detection head proposes, before suppression.
type Candidate struct {
	Box        Box
	Objectness float32 // darknet leaves out candidates whose objectness is 0
	// Prob has a probability per class, 0 where it is under the threshold. A class beyond its
	// end, as with a head of fewer classes, has probability 0.
	Prob []float32
	// Uncertainty is the deviation σ of x, y, w and h that Gaussian heads give, else nil.
	Uncertainty []float32
}

// prob returns the probability of a class. NaN counts as 0.
func (c *Candidate) prob(class int) float32 {
	if class < len(c.Prob) {
		if p := c.Prob[class]; p == p {
			return p
		}
	}
	return 0
}

// best returns the most probable of the first classes, the lowest one when several are equal,
// and its probability, which is 0 when none is above that.
func (c *Candidate) best(classes int) (class int, prob float32) {
	for k := range min(classes, len(c.Prob)) {
		if p := c.Prob[k]; p > prob {
			class, prob = k, p
		}
	}
	return class, prob
}

// absent reports whether suppression leaves the candidate out.
func (c *Candidate) absent() bool { return c.Objectness == 0 || c.Objectness != c.Objectness }

// copyCandidates returns the candidates with probabilities of their own.
func copyCandidates(c []Candidate) []Candidate {
	total := 0
	for i := range c {
		total += len(c[i].Prob)
	}
	probs := make([]float32, 0, total)
	copied := append([]Candidate(nil), c...)
	for i := range copied {
		start := len(probs)
		probs = append(probs, c[i].Prob...)
		copied[i].Prob = probs[start:len(probs):len(probs)]
	}
	return copied
}
