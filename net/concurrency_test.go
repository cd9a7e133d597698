package net

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/ghostdark/ghostdark/layers"
)

// TestManySessions shares networks between goroutines, each with its own session, input and
// memory of earlier runs.
func TestManySessions(t *testing.T) {
	for _, text := range []string{small, recurrent} {
		n := networkOf(t, text)
		input := func(caller, call int) []float32 {
			x := make([]float32, n.Net.Inputs)
			for i := range x {
				x[i] = float32((i*7+caller*3+call)%11)/5 - 1
			}
			return x
		}
		runAll := func(caller int) (results [][]float32, err error) {
			s, err := n.NewSession(SessionOptions{})
			if err != nil {
				return nil, err
			}
			for call := range 5 {
				if err := s.Run(context.Background(), input(caller, call)); err != nil {
					return nil, err
				}
				out, err := s.Result()
				if err != nil {
					return nil, err
				}
				results = append(results, append([]float32(nil), out.Data...))
			}
			return results, nil
		}
		const callers = 16
		var together [callers][][]float32
		var failures [callers]error
		var group sync.WaitGroup
		for caller := range callers {
			group.Go(func() { together[caller], failures[caller] = runAll(caller) })
		}
		group.Wait()
		for caller := range callers {
			alone, err := runAll(caller)
			if err != nil || failures[caller] != nil {
				t.Fatal(err, failures[caller])
			}
			for call := range alone {
				equal(t, "result", together[caller][call], alone[call])
			}
		}
	}
}

// stopper cancels a context in the midst of a run.
type stopper struct{ cancel context.CancelFunc }

func (s stopper) Forward(p *layers.Pass) {
	copy(p.Out.Data, p.In[0].Data)
	s.cancel()
}

func TestCancelledRunNamesLayer(t *testing.T) {
	for _, reference := range []bool{true, false} {
		n := networkOf(t, "[net]\ninputs=3\n[empty]\n[empty]\n[connected]\n[softmax]\n")
		input := []float32{1, 2, 3}
		ctx, cancel := context.WithCancel(context.Background())
		n.Layers[1].Op = stopper{cancel}
		s, err := n.NewSession(SessionOptions{KeepAll: true, Reference: reference})
		if err != nil {
			t.Fatal(err)
		}
		err = s.Run(ctx, input)
		wantError(t, err, "layer 2 [connected] (line 5)")
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v is not context.Canceled", err)
		}
		_, err = s.Output(0)
		wantError(t, err, "not computed")
		wantError(t, s.Run(ctx, input), "layer 0 [empty] (line 3)")
		if err := s.Run(context.Background(), input); err != nil {
			t.Errorf("a run after a cancelled one: %v", err)
		}
	}
}
