package customers

import (
	"errors"
	"fmt"
	"regexp"
	"sort"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Directory is everything an operator states about customers and staff in one YAML file.
type Directory struct {
	Staff     []Staff
	Customers []DirectoryCustomer
	Modules   []string
	Duty      []DirectoryRoster
	Calendars []DirectoryCalendar
	// Policies replace those with the same key; the others stay.
	Policies []Policy
}

// DirectoryCustomer is a customer with its contacts and, by role, the names of those who serve it.
type DirectoryCustomer struct {
	// AllHoursUnsaid: the file does not say whether the contract is 7×24.
	AllHoursUnsaid bool
	// StandIns are, by role, the names of who acts when the holder is away.
	StandIns map[Role][]string
	Customer
	Contacts []Contact
	Team     map[Role]string
}

// Problem is one mistake in a directory file. Key and Args name the sentence of the catalogue that says how to mend it.
type Problem struct {
	Sheet string // of a workbook
	Line  int    // 1-based, in a workbook the row; 0 = the file as a whole
	Field string
	Key   string
	Args  map[string]any
}

type fileStaff struct {
	Name      string         `yaml:"name"`
	Mobile    string         `yaml:"mobile"`
	OpenID    string         `yaml:"open_id"`
	Locale    string         `yaml:"locale"`
	Roles     []string       `yaml:"roles"`
	Skills    map[string]int `yaml:"skills"`
	Teams     []string       `yaml:"teams"`
	Location  string         `yaml:"location"`
	LoadLimit int            `yaml:"load_limit"`
	Active    *bool          `yaml:"active"`
}

type fileContact struct {
	Name        string `yaml:"name"`
	Kind        string `yaml:"kind"`
	WeComID     string `yaml:"wecom_id"`
	Mobile      string `yaml:"mobile"`
	Email       string `yaml:"email"`
	Birthday    string `yaml:"birthday"`
	Anniversary string `yaml:"anniversary"`
	Locale      string `yaml:"locale"`
	Preferences string `yaml:"preferences"`
	LeftOn      string `yaml:"left_on"`
}

type fileCustomer struct {
	Code     string              `yaml:"code"`
	Name     string              `yaml:"name"`
	Tier     string              `yaml:"tier"`
	AllHours *bool               `yaml:"all_hours"`
	Locale   string              `yaml:"locale"`
	Timezone string              `yaml:"timezone"`
	Group    string              `yaml:"group"`
	Profile  fileProfile         `yaml:"profile"`
	Contract fileContract        `yaml:"contract"`
	Team     map[string]string   `yaml:"team"`
	StandIns map[string][]string `yaml:"stand_ins"`
	Contacts []fileContact       `yaml:"contacts"`
}

type fileProfile struct {
	About        string   `yaml:"about"`
	Industry     string   `yaml:"industry"`
	Business     string   `yaml:"business"`
	Architecture string   `yaml:"architecture"`
	Projects     string   `yaml:"projects"`
	Preferences  string   `yaml:"preferences"`
	Sites        []string `yaml:"sites"`
	Modules      []string `yaml:"modules"`
	Notes        string   `yaml:"notes"`
}

type fileContract struct {
	Start   string `yaml:"start"`
	End     string `yaml:"end"`
	Service string `yaml:"service"`
	Hours   int    `yaml:"hours"`
}

type fileDirectory struct {
	Staff     []fileStaff    `yaml:"staff"`
	Customers []fileCustomer `yaml:"customers"`
	Modules   []string       `yaml:"modules"`
	Duty      []fileDuty     `yaml:"duty"`
	Calendars []fileCalendar `yaml:"calendars"`
	Policies  []filePolicy   `yaml:"policies"`
}

var codeForm = regexp.MustCompile(`^[A-Z]{2,8}$`)

// companyRoles may stand in a staff member's list; TeamRoles in a customer's team.
var companyRoles = []Role{
	RoleEngineer,
	RoleSecondLevel,
	RoleOwner,
	RoleAccountManager,
	RoleLiaison,
	RoleProductManager,
	RoleLeader,
	RoleResponder,
	RoleAdmin,
}

// ParseDirectory reads a directory file. With problems the directory is not to be used: nothing of a faulty file is ever written.
func ParseDirectory(data []byte) (Directory, []Problem) {
	var file fileDirectory
	if err := yaml.UnmarshalWithOptions(data, &file, yaml.Strict()); err != nil {
		return Directory{}, []Problem{syntaxProblem(err)}
	}
	root, err := parser.ParseBytes(data, 0)
	if err != nil {
		return Directory{}, []Problem{syntaxProblem(err)}
	}
	return check(file, func(path string) (string, int) { return "", lineOf(root, path) })
}

// check validates what a file states and makes the directory of it. locate tells where in the file a path of fields stands.
func check(file fileDirectory, locate func(path string) (sheet string, line int)) (Directory, []Problem) {
	c := &checker{locate: locate, staff: map[string]bool{}, codes: map[string]bool{}, names: map[string]bool{}, wecom: map[string]bool{},
		namesakes: map[string]bool{}}
	dir := Directory{Modules: file.Modules}
	for i, s := range file.Staff {
		dir.Staff = append(dir.Staff, c.checkStaff(fmt.Sprintf("staff[%d]", i), s))
	}
	for i, cust := range file.Customers {
		dir.Customers = append(dir.Customers, c.checkCustomer(fmt.Sprintf("customers[%d]", i), cust))
	}
	rosters, calendars := map[string]bool{}, map[string]bool{}
	for i, f := range file.Duty {
		dir.Duty = append(dir.Duty, c.checkDuty(fmt.Sprintf("duty[%d]", i), f, rosters))
	}
	for i, f := range file.Calendars {
		dir.Calendars = append(dir.Calendars, c.checkCalendar(fmt.Sprintf("calendars[%d]", i), f, calendars))
	}
	dir.Policies = c.checkPolicies(file.Policies)
	sort.SliceStable(c.problems, func(i, j int) bool { return c.problems[i].Line < c.problems[j].Line })
	return dir, c.problems
}

func syntaxProblem(err error) Problem {
	p := Problem{Key: "import.syntax", Args: map[string]any{"Detail": firstLine(err.Error())}}
	var located yaml.Error
	if errors.As(err, &located) {
		p.Args["Detail"] = located.GetMessage()
		if t := located.GetToken(); t != nil {
			p.Line, p.Field = t.Position.Line, strings.Trim(t.Value, `"' `)
		}
	}
	return p
}

func firstLine(s string) string { head, _, _ := strings.Cut(s, "\n"); return head }

// checker validates what the syntax cannot, and knows where things stand in the file.
type checker struct {
	locate   func(path string) (sheet string, line int)
	problems []Problem
	staff    map[string]bool // names and mobile numbers
	codes    map[string]bool
	names    map[string]bool
	wecom    map[string]bool

	namesakes map[string]bool // names that several of the staff bear
}

func (c *checker) fail(path, key string, args map[string]any) {
	p := Problem{Field: path, Key: key, Args: args}
	p.Sheet, p.Line = c.locate(path)
	c.problems = append(c.problems, p)
}

// lineOf is the line on which a path begins, or the nearest thing around it; 0 = nowhere.
func lineOf(root *ast.File, path string) int {
	for at := path; at != ""; at = parentPath(at) {
		if yp, err := yaml.PathString("$." + at); err == nil {
			if node, err := yp.FilterFile(root); err == nil && node != nil {
				return node.GetToken().Position.Line
			}
		}
	}
	return 0
}

func parentPath(path string) string {
	if i := strings.LastIndex(path, "."); i >= 0 {
		return path[:i]
	}
	if i := strings.LastIndex(path, "["); i >= 0 {
		return path[:i]
	}
	return ""
}

func (c *checker) unique(seen map[string]bool, value, path, key string) {
	if value != "" && seen[value] {
		c.fail(path, key, map[string]any{"Value": value})
	}
	seen[value] = true
}

func (c *checker) checkStaff(path string, s fileStaff) Staff {
	if s.Name == "" {
		c.fail(path+".name", "import.missing", map[string]any{"Field": "name"})
	}
	if s.Mobile == "" && s.OpenID == "" {
		c.fail(path+".mobile", "import.unreachable", map[string]any{"Name": s.Name})
	}
	c.checkName(path, s)
	out := Staff{Name: s.Name, Mobile: s.Mobile, OpenID: s.OpenID, Locale: s.Locale, Skills: s.Skills, Active: s.Active == nil || *s.Active,
		Teams: s.Teams, Location: s.Location, LoadLimit: s.LoadLimit}
	if s.LoadLimit < 0 {
		c.fail(path+".load_limit", "import.negative", map[string]any{"Value": s.LoadLimit})
	}
	c.checkLocale(path+".locale", s.Locale)
	for i, r := range s.Roles {
		out.Roles = append(out.Roles, c.role(fmt.Sprintf("%s.roles[%d]", path, i), r, companyRoles))
	}
	for module, level := range s.Skills {
		if level < 1 || level > 3 {
			c.fail(path+".skills", "import.skill", map[string]any{"Module": module})
		}
	}
	return out
}

func (c *checker) checkCustomer(path string, f fileCustomer) DirectoryCustomer {
	if !codeForm.MatchString(f.Code) || f.Code == UnboundCode {
		c.fail(path+".code", "import.code", map[string]any{"Value": f.Code})
	}
	if f.Name == "" {
		c.fail(path+".name", "import.missing", map[string]any{"Field": "name"})
	}
	c.unique(c.codes, f.Code, path+".code", "import.twice")
	c.unique(c.names, f.Name, path+".name", "import.twice")
	if t := Tier(f.Tier); t != "" && t != TierA && t != TierB && t != TierC {
		c.fail(path+".tier", "import.tier", map[string]any{"Value": f.Tier})
	}
	if _, err := time.LoadLocation(f.Timezone); err != nil {
		c.fail(path+".timezone", "import.timezone", map[string]any{"Value": f.Timezone})
	}
	c.checkLocale(path+".locale", f.Locale)
	out := DirectoryCustomer{Team: map[Role]string{}, StandIns: map[Role][]string{}, AllHoursUnsaid: f.AllHours == nil,
		Customer: Customer{Code: f.Code, Name: f.Name, Tier: Tier(f.Tier), AllHours: f.AllHours != nil && *f.AllHours,
			Locale: f.Locale, Timezone: f.Timezone, Group: f.Group, Profile: f.Profile.profile(), Contract: c.checkContract(path+".contract", f.Contract)}}
	for name, who := range f.Team {
		out.Team[c.role(path+".team."+name, name, TeamRoles)] = c.onStaff(path+".team."+name, who)
	}
	for name, list := range f.StandIns {
		role := c.role(path+".stand_ins."+name, name, TeamRoles)
		for i, who := range list {
			out.StandIns[role] = append(out.StandIns[role], c.onStaff(fmt.Sprintf("%s.stand_ins.%s[%d]", path, name, i), who))
		}
	}
	for i, contact := range f.Contacts {
		out.Contacts = append(out.Contacts, c.checkContact(fmt.Sprintf("%s.contacts[%d]", path, i), contact))
	}
	return out
}

// checkName takes a colleague up. Two of one name are told apart by their numbers, which stand for them in teams.
func (c *checker) checkName(path string, s fileStaff) {
	if c.staff[s.Name] && s.Mobile == "" && s.OpenID == "" {
		c.fail(path+".name", "import.twice", map[string]any{"Value": s.Name})
	}
	c.namesakes[s.Name] = c.namesakes[s.Name] || c.staff[s.Name]
	c.staff[s.Name] = true
	if s.Mobile != "" {
		c.unique(c.staff, s.Mobile, path+".mobile", "import.twice")
	}
}

// onStaff is a name, or a number, that must be one of the staff's.
func (c *checker) onStaff(path, who string) string {
	switch {
	case !c.staff[who]:
		c.fail(path, "import.stranger", map[string]any{"Name": who})
	case c.namesakes[who]:
		c.fail(path, "import.namesakes", map[string]any{"Name": who})
	}
	return who
}

func (p fileProfile) profile() Profile {
	return Profile{About: p.About, Industry: p.Industry, Business: p.Business, Architecture: p.Architecture, Projects: p.Projects,
		Preferences: p.Preferences, Sites: strings.Join(p.Sites, "、"), Modules: strings.Join(p.Modules, "、"), Notes: p.Notes}
}

func (c *checker) checkContract(path string, f fileContract) Contract {
	out := Contract{Start: c.kept(path+".start", f.Start, dateOrNone, "misfit.date"), End: c.kept(path+".end", f.End, dateOrNone, "misfit.date"),
		Service: f.Service, Hours: f.Hours}
	if f.Hours < 0 {
		c.fail(path+".hours", "import.negative", map[string]any{"Value": f.Hours})
	}
	if out.Start != "" && out.End != "" && out.End < out.Start {
		c.fail(path+".end", "misfit.span", map[string]any{"Field": out.Start, "Value": out.End})
	}
	return out
}

// kept is a value in the form in which it is kept.
func (c *checker) kept(path, value string, form func(string) (string, bool), key string) string {
	out, ok := form(strings.TrimSpace(value))
	if !ok {
		c.fail(path, key, map[string]any{"Value": value, "Field": path})
	}
	return out
}

func (c *checker) checkContact(path string, f fileContact) Contact {
	if f.Name == "" {
		c.fail(path+".name", "import.missing", map[string]any{"Field": "name"})
	}
	c.unique(c.wecom, f.WeComID, path+".wecom_id", "import.twice")
	c.checkLocale(path+".locale", f.Locale)
	kind := ContactKind(f.Kind)
	switch kind {
	case "", KindTechnical, KindBusiness, KindDecider:
	default:
		c.fail(path+".kind", "import.kind", map[string]any{"Value": f.Kind})
	}
	out := Contact{Name: f.Name, Kind: kind, WeComID: f.WeComID, Locale: f.Locale, Preferences: f.Preferences,
		Mobile:      c.kept(path+".mobile", f.Mobile, mobileOrNone, "misfit.mobile"),
		Email:       c.kept(path+".email", f.Email, emailOrNone, "misfit.email"),
		Birthday:    c.kept(path+".birthday", f.Birthday, dayOrNone, "misfit.day"),
		Anniversary: c.kept(path+".anniversary", f.Anniversary, dayOrNone, "misfit.day")}
	if day := c.kept(path+".left_on", f.LeftOn, dateOrNone, "misfit.date"); day != "" {
		out.LeftAt, _ = time.Parse(time.DateOnly, day) // it is one
	}
	return out
}

func (c *checker) role(path, value string, allowed []Role) Role {
	names := make([]string, len(allowed))
	for i, r := range allowed {
		if string(r) == value {
			return r
		}
		names[i] = string(r)
	}
	c.fail(path, "import.role", map[string]any{"Value": value, "Allowed": strings.Join(names, ", ")})
	return ""
}

func (c *checker) checkLocale(path, value string) {
	if value != "" && value != "zh-CN" && value != "en" {
		c.fail(path, "import.locale", map[string]any{"Value": value})
	}
}
