package expr

import (
	"math"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// trigFunctions are the trigonometric and hyperbolic functions of one argument that math does not have as PostgreSQL
// means them: those in degrees are exact where a person expects it, as in sind(30) = 0.5.
var trigFunctions = map[string]func(float64) (float64, error){
	"cot":  finiteOnly(func(x float64) float64 { return 1 / math.Tan(x) }),
	"sinh": pureFloat(math.Sinh), "cosh": pureFloat(math.Cosh), "tanh": pureFloat(math.Tanh), "asinh": pureFloat(math.Asinh),
	"acosh": inside(1, math.Inf(1), math.Acosh), "atanh": inside(-1, 1, math.Atanh),
	"sind": finiteOnly(sind), "cosd": finiteOnly(cosd), "tand": finiteOnly(tand), "cotd": finiteOnly(cotd),
	"asind": unitOnly(asind), "acosd": unitOnly(acosd), "atand": pureFloat(func(x float64) float64 { return math.Atan(x) / math.Atan(1) * 45 }),
}

// inside is op for arguments from lo to hi.
func inside(lo, hi float64, op func(float64) float64) func(float64) (float64, error) {
	return func(x float64) (float64, error) {
		if x < lo || x > hi {
			return 0, sqlerr.New(sqlerr.NumericValueOutOfRange, "input is out of range")
		}
		return op(x), nil
	}
}

// radian is a variable so that the angles below are rounded as those of rows are.
var radian = math.Pi / 180

// What the functions of radians give for the angles whose sine or cosine is 1/2, and 45 degrees: dividing by them makes
// those angles exact.
var (
	sin30         = math.Sin(30 * radian)
	oneMinusCos60 = 1 - math.Cos(60*radian)
	asinHalf      = math.Asin(0.5)
	acosHalf      = math.Acos(0.5)
	tan45         = sinQuadrant(45) / cosQuadrant(45)
	cot45         = cosQuadrant(45) / sinQuadrant(45)
)

func sinTo30(x float64) float64 { return math.Sin(x*radian) / sin30 / 2 }
func cosTo60(x float64) float64 { return 1 - (1-math.Cos(x*radian))/oneMinusCos60/2 }

// sinQuadrant and cosQuadrant are for angles from 0 to 90 degrees.
func sinQuadrant(x float64) float64 {
	if x <= 30 {
		return sinTo30(x)
	}
	return cosTo60(90 - x)
}

func cosQuadrant(x float64) float64 {
	if x <= 60 {
		return cosTo60(x)
	}
	return sinTo30(90 - x)
}

// quadrant brings x to 0 .. 90 degrees: the signs of the sine and the cosine of x are those of the result times sin and cos.
func quadrant(x float64) (y, sin, cos float64) {
	y, sin, cos = math.Mod(x, 360), 1, 1
	if y < 0 {
		y, sin = -y, -sin
	}
	if y > 180 {
		y, sin = 360-y, -sin
	}
	if y > 90 {
		y, cos = 180-y, -cos
	}
	return y, sin, cos
}

func sind(x float64) float64 {
	y, sign, _ := quadrant(x)
	return sign * sinQuadrant(y)
}

func cosd(x float64) float64 {
	y, _, sign := quadrant(x)
	return sign * cosQuadrant(y)
}

func tand(x float64) float64 {
	y, sin, cos := quadrant(x)
	return sin*cos*(sinQuadrant(y)/cosQuadrant(y)/tan45) + 0 // + 0 makes -0 0
}

func cotd(x float64) float64 {
	y, sin, cos := quadrant(x)
	return sin*cos*(cosQuadrant(y)/sinQuadrant(y)/cot45) + 0
}

func asinQuadrant(x float64) float64 {
	if x <= 0.5 {
		return math.Asin(x) / asinHalf * 30
	}
	return 90 - math.Acos(x)/acosHalf*60
}

func asind(x float64) float64 {
	if x < 0 {
		return -asinQuadrant(-x)
	}
	return asinQuadrant(x)
}

func acosd(x float64) float64 {
	switch {
	case x < 0:
		return 90 + asinQuadrant(-x)
	case x <= 0.5:
		return 90 - math.Asin(x)/asinHalf*30
	}
	return math.Acos(x) / acosHalf * 60
}

func atan2d(f *frame) {
	a, ma := vals[float64](f, 0)
	b, mb := vals[float64](f, 1)
	out := result[float64](f)
	for _, r := range f.rows() {
		out[r] = math.Atan2(a[int(r)&ma], b[int(r)&mb]) / math.Atan(1) * 45
	}
}
