package session

import "github.com/vexfs/vexstream/sql/plan"

// PlanOf is the plan that a prepared query runs.
func PlanOf(p *Prepared) plan.Node { return p.plan }
