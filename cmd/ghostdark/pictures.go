package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ghostdark/ghostdark/cfgs"
	"github.com/ghostdark/ghostdark/net"
	"github.com/ghostdark/ghostdark/picture"
	"github.com/ghostdark/ghostdark/report"
)

// sessionsUsage is the help of --sessions for commands that take pictures.
const sessionsUsage = "of several pictures run the network on so many at the same time, each with a part of the threads (0: as many as there are cores and memory for)"

// listOptions are the flags of commands that look at pictures: what to read, what to write, how to go on.
type listOptions struct {
	modelOptions
	nameOptions
	pictureOptions
	inputs   inputOptions
	outputs  outputOptions
	engine   engineOptions
	target   annotatedTarget
	timing   bool
	quiet    bool
	failFast bool
}

func (o *listOptions) add(cmd *cobra.Command, detector bool, target string) {
	flags := cmd.Flags()
	flags.BoolVar(&o.timing, "timing", false, "print a table of what the stages took")
	flags.BoolVarP(&o.quiet, "quiet", "q", false, "print nothing but errors and what --json and the like write to standard output")
	flags.BoolVar(&o.failFast, "fail-fast", false, "stop at the first picture that fails")
	o.inputs.add(cmd)
	o.outputs.add(cmd, detector)
	o.target.add(cmd, target)
	o.nameOptions.add(cmd)
	o.engine.add(cmd)
	o.engine.addSessions(cmd, asSuits, sessionsUsage)
	o.addShape(cmd)
	o.addWeights(cmd)
}

// viewer looks at pictures and tells what it finds.
type viewer interface {
	looker
	// describe lists what was found, for the text and in the report. Like what follows, it is called by several
	// goroutines.
	describe(j *job)
	// annotate draws what was found.
	annotate(j *job) *picture.Image
	// writeFiles writes what belongs to the picture alone, besides the report's own forms.
	writeFiles(j *job) error
}

// pictureRun takes the pictures of a command line through the stages:
//
//	decode and preprocess ▶ infer and postprocess ▶ draw and write files ▶ print, write sheets and videos
//
// Each stage works ahead of the next by a few pictures, and only those are in memory.
type pictureRun struct {
	cmd    *cobra.Command
	o      *listOptions
	in     inputs
	ctx    context.Context // no more pictures are begun when it is done; those in hand are finished
	cancel context.CancelFunc

	prepared *stage[*job]
	ready    chan struct{} // closed when the following are set
	resize   picture.Resize
	viewer   viewer
	out      *outputs

	times    *timeTable
	progress *progress
	skipped  int // that were done in an earlier run
	done     int
	failed   int
}

// open loads the network that the operands of a command name, or the embedded one. The first pictures are being
// decoded meanwhile, since either takes about as long when the network is small. results are folders that are written
// to, and so not looked at.
func (o *listOptions) open(cmd *cobra.Command, args []string, embedded func() cfgs.Model, results ...string) (*model, *pictureRun, error) {
	cfgPath, weightsPath, operands, err := splitOperands(args, o.inputs.stdinList)
	if err != nil {
		return nil, nil, err
	}
	var brought *cfgs.Model
	if cfgPath == "" {
		e := embedded()
		brought = &e
	}
	r := &pictureRun{cmd: cmd, o: o, ready: make(chan struct{})}
	if r.in, err = o.inputs.open(cmd, operands, brought, results...); err != nil {
		return nil, nil, err
	}
	r.ctx, r.cancel = context.WithCancel(cmd.Context())
	if !o.outputs.resume { // else it isn't known yet which pictures are done
		r.begin()
	}
	var m *model
	if brought != nil {
		if len(operands) > 0 || o.inputs.stdinList { // which may not be what the model is for
			note(cmd, "no CFG WEIGHTS: taking the embedded %s, which knows %s …", brought.Name, strings.Join(brought.Names[:2], ", "))
		}
		m, err = o.openEmbedded(cmd, *brought)
	} else {
		m, err = o.openModel(cmd, cfgPath, weightsPath)
	}
	if err != nil {
		r.end()
		return nil, nil, err
	}
	return m, r, nil
}

// begin begins to decode.
func (r *pictureRun) begin() {
	r.prepared = parallel(r.items(), aside()+max(r.o.engine.sessions, 1)-1, r.prepare)
}

// end gives up what was begun and not finished.
func (r *pictureRun) end() {
	r.cancel()
	if r.prepared != nil {
		r.prepared.end()
	}
}

// items yields a job for each picture. Those that were done in an earlier run have an error that says so.
func (r *pictureRun) items() iter.Seq[*job] {
	return func(yield func(*job) bool) {
		number := 0
		for item := range r.in.all(r.ctx) {
			number++
			j := &job{item: item, report: report.Picture{
				FrameID: number, Filename: item.Name, Frame: item.Frame, Time: round(item.Time.Seconds(), 3), Stem: item.Stem,
			}}
			if r.o.outputs.resume && r.out.have(item) && r.o.target.has(item) {
				j.err = errDone
			}
			if !yield(j) {
				return
			}
		}
	}
}

// errDone marks a picture that was done in an earlier run.
var errDone = errors.New("done already")

// prepare decodes a picture and, when the network is there, makes its input.
func (r *pictureRun) prepare(j *job) *job {
	if j.decode(r.ctx); j.err != nil {
		return j
	}
	select {
	case <-r.ctx.Done():
		j.err = r.ctx.Err()
	case <-r.ready:
		r.viewer.prepare(j)
	}
	return j
}

// write writes the files of a picture.
func (r *pictureRun) write(j *job) *job {
	if j.err == nil {
		at := time.Now()
		j.report.Image, j.report.Resize = &report.Size{Width: j.image.W, Height: j.image.H}, r.resize.String()
		r.viewer.describe(j)
		j.took.Postprocess += lap(&at)
		j.err = plain(r.writeFiles(j))
	}
	j.image, j.drawn, j.candidates = nil, nil, nil
	return j
}

func (r *pictureRun) writeFiles(j *job) error {
	if err := r.viewer.writeFiles(j); err != nil {
		return err
	}
	if err := r.out.writeFiles(&j.report); err != nil {
		return err
	}
	if !r.o.target.wanted() {
		return nil
	}
	at := time.Now()
	j.annotated = r.viewer.annotate(j)
	j.took.Draw += lap(&at)
	if j.item.Video != nil { // whose frames must be written in order
		return nil
	}
	err := r.o.target.save(j.item, j.annotated)
	j.annotated, j.took.Encode = nil, lap(&at)
	return err
}

// run looks at all pictures. It goes on after failures, unless it is to stop at the first one.
func (r *pictureRun) run(resize picture.Resize, names classNames, v viewer) error {
	o := r.o
	if err := o.outputs.check(o.target.wanted() && o.target.folder); err != nil {
		return err
	}
	_, live := r.in.Single() // whose frames are to be looked at soon
	pool, err := o.engine.open(r.cmd, v.network(), r.in.several && !live)
	if err != nil {
		return err
	}
	defer pool.Close()
	if r.out, err = o.outputs.open(r.cmd.OutOrStdout(), names); err != nil {
		return err
	}
	r.resize, r.viewer, r.times = resize, v, newTimeTable()
	close(r.ready)
	if r.prepared == nil {
		r.begin()
	}
	r.watch()
	err = r.each(pool)
	r.progress.clear()
	if unfinished := o.target.finish(); unfinished != nil {
		r.fail(unfinished)
	}
	if err != nil {
		r.out.discard()
		return err
	}
	if err := r.out.close(); err != nil {
		return err
	}
	o.target.tell(r.cmd)
	r.end() // of all that follows an interruption or a failure
	err = r.outcome()
	if o.timing {
		r.times.tell(r.cmd)
	}
	return err
}

// watch shows the progress, where there may be several pictures.
func (r *pictureRun) watch() {
	if r.o.quiet || !r.in.several {
		return
	}
	counted := make(chan int, 1)
	go func() {
		defer close(counted)
		if n, known := r.in.Count(r.ctx); known {
			counted <- n
		}
	}()
	r.progress = newProgress(r.cmd, r.cmd.Name(), "picture", counted)
}

// each takes the pictures through the last stages. Its error ends the run; those of pictures are told and counted.
func (r *pictureRun) each(pool *net.Pool) error {
	looked := looking(r.ctx, r.prepared, pool, r.viewer)
	for j := range parallel(looked.all(), aside(), r.write).all() {
		switch {
		case errors.Is(j.err, context.Canceled) && r.ctx.Err() != nil:
			return nil
		case errors.Is(j.err, errDone):
			r.skipped++
			r.progress.skip(1)
			continue
		}
		if j.err == nil && j.annotated != nil {
			at := time.Now()
			j.err = r.o.target.shoot(j.item, j.annotated)
			j.took.Encode += lap(&at)
		}
		if err := r.show(j); err != nil {
			return err
		}
		r.progress.step()
		if j.err != nil && r.o.failFast {
			return nil
		}
	}
	return nil
}

// show prints what was found in a picture, or why nothing was, and adds it to the sheets.
func (r *pictureRun) show(j *job) error {
	r.done++
	if j.err != nil {
		j.report.Error, j.report.Image, j.report.Resize = j.err.Error(), nil, ""
		r.viewer.describe(j)
		r.fail(j.err)
		return r.out.add(&j.report)
	}
	j.report.Times = j.took.json()
	r.times.add(j.item.String(), j.took)
	if r.o.target.wanted() && j.item.Video == nil {
		r.o.target.wrote(r.o.target.path(j.item.Stem, ".jpg"))
	}
	if !r.o.quiet && !r.o.outputs.onStandardOutput() {
		r.print(j)
	}
	return r.out.add(&j.report)
}

// print prints what was found as darknet does; the line about the picture comes among the results if it is to head
// those of one of several.
func (r *pictureRun) print(j *job) {
	r.progress.share()
	w := r.cmd.ErrOrStderr()
	if r.in.several {
		w = r.cmd.OutOrStdout()
	}
	fmt.Fprintf(w, "%s: Predicted in %f milli-seconds.\n", j.item, milliseconds(j.took.Inference))
	for _, line := range j.lines {
		fmt.Fprintln(r.cmd.OutOrStdout(), line)
	}
}
