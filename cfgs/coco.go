package cfgs

import "strings"

// cocoNames are the classes of the COCO data set in its order, with the spelling that
// darknet's detectors have made usual.
const cocoNames = `
person, bicycle, car, motorbike, aeroplane, bus, train, truck, boat, traffic light, fire hydrant,
stop sign, parking meter, bench, bird, cat, dog, horse, sheep, cow, elephant, bear, zebra, giraffe,
backpack, umbrella, handbag, tie, suitcase, frisbee, skis, snowboard, sports ball, kite, baseball
bat, baseball glove, skateboard, surfboard, tennis racket, bottle, wine glass, cup, fork, knife,
spoon, bowl, banana, apple, sandwich, orange, broccoli, carrot, hot dog, pizza, donut, cake, chair,
sofa, pottedplant, bed, diningtable, toilet, tvmonitor, laptop, mouse, remote, keyboard, cell
phone, microwave, oven, toaster, sink, refrigerator, book, clock, vase, scissors, teddy bear, hair
drier, toothbrush`

// COCONames returns the names of COCO's 80 classes, in the order in which darknet's detectors
// are trained with them.
func COCONames() []string {
	names := strings.Split(cocoNames, ",")
	for i, name := range names {
		names[i] = strings.Join(strings.Fields(name), " ")
	}
	return names
}
