package wecom

import (
	"net/http"
	"strings"

	"servicedesk/simulator/kernel"
)

// massTask is a 企业群发 task: nothing goes out before a member confirms it.
type massTask struct {
	MsgID    string   `json:"msgid"`
	Sender   string   `json:"sender"`
	Text     string   `json:"text"`
	Contacts []string `json:"external_userids"`
	Status   int      `json:"status"` // 0 unsent, 2 sent
}

const (
	taskUnsent = 0
	taskSent   = 2
)

type massIn struct {
	ChatType        string   `json:"chat_type"`
	ExternalUserIDs []string `json:"external_userid"`
	Sender          string   `json:"sender"`
	Text            *text    `json:"text"`
}

// addMassTask is externalcontact/add_msg_template for single chats.
func (s *Server) addMassTask(in massIn) (any, error) {
	switch {
	case in.ChatType != "" && in.ChatType != "single":
		return nil, refuse(codeBadParameter, "chat_type")
	case in.Sender == "" && len(in.ExternalUserIDs) == 0:
		return nil, refuse(codeBadParameter, "sender and external_userid are both empty")
	case len(in.ExternalUserIDs) > 10_000:
		return nil, refuse(codeBadParameter, "external_userid has at most 10000")
	case in.Text == nil || strings.TrimSpace(in.Text.Content) == "":
		return nil, refuse(codeEmpty, "")
	case len(in.Text.Content) > 4000:
		return nil, refuse(codeTooLong, "")
	}
	task := massTask{MsgID: "msg" + randomText(29), Sender: in.Sender, Text: in.Text.Content, Contacts: []string{}}
	failed := []string{}
	for _, id := range in.ExternalUserIDs {
		if _, known := s.contacts.Get(id); known {
			task.Contacts = append(task.Contacts, id)
		} else {
			failed = append(failed, id)
		}
	}
	if len(task.Contacts) == 0 && len(in.ExternalUserIDs) > 0 {
		return nil, refuse(codeNoCustomer, "")
	}
	if task.Sender == "" {
		task.Sender = defaultServicer
	}
	s.tasks.Put(task.MsgID, task)
	s.world.Hub.Publish(kernel.WeCom, task.MsgID)
	return struct {
		reply
		FailList []string `json:"fail_list"`
		MsgID    string   `json:"msgid"`
	}{ok, failed, task.MsgID}, nil
}

type massQuery struct {
	MsgID  string `json:"msgid"`
	UserID string `json:"userid"`
}

// task refuses an unknown task.
func (s *Server) task(msgid string) (massTask, error) {
	task, known := s.tasks.Get(msgid)
	if !known {
		return task, refuse(codeBadParameter, "msgid")
	}
	return task, nil
}

// getMassTask is externalcontact/get_groupmsg_task.
func (s *Server) getMassTask(in massQuery) (any, error) {
	task, err := s.task(in.MsgID)
	if err != nil {
		return nil, err
	}
	type row struct {
		UserID string `json:"userid"`
		Status int    `json:"status"`
	}
	return struct {
		reply
		NextCursor string `json:"next_cursor"`
		TaskList   []row  `json:"task_list"`
	}{ok, "", []row{{UserID: task.Sender, Status: task.Status}}}, nil
}

// getMassResult is externalcontact/get_groupmsg_send_result.
func (s *Server) getMassResult(in massQuery) (any, error) {
	task, err := s.task(in.MsgID)
	if err != nil {
		return nil, err
	}
	type row struct {
		ExternalUserID string `json:"external_userid"`
		UserID         string `json:"userid"`
		Status         int    `json:"status"` // 0 unsent, 1 sent
	}
	rows := []row{}
	for _, id := range task.Contacts {
		rows = append(rows, row{ExternalUserID: id, UserID: task.Sender, Status: flag(task.Status == taskSent)})
	}
	return struct {
		reply
		NextCursor string `json:"next_cursor"`
		SendList   []row  `json:"send_list"`
	}{ok, "", rows}, nil
}

func (s *Server) controlTasks(w http.ResponseWriter, _ *http.Request) {
	kernel.WriteJSON(w, http.StatusOK, map[string]any{"tasks": s.tasks.All()})
}

func (s *Server) controlConfirm(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	task, known := s.tasks.Get(r.PathValue("id"))
	switch {
	case !known:
		kernel.Fail(w, http.StatusNotFound, "no such task: GET /control/wecom/mass_tasks lists them")
		return
	case task.Status == taskSent:
		kernel.Fail(w, http.StatusBadRequest, "this task is confirmed already")
		return
	}
	task.Status = taskSent
	s.tasks.Put(task.MsgID, task)
	kernel.WriteJSON(w, http.StatusOK, map[string]string{})
}
