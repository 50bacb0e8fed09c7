package wecom

import "servicedesk/simulator/kernel"

// Names of the switches: what the platform's documents leave open.
const (
	switchClickRenews    = "wecom.menu_click_renews_window"
	switchDuplicateCode  = "wecom.duplicate_msgid_errcode"
	switchUndocumented   = "wecom.undocumented_moves"
	switchMenuIDBytes    = "wecom.menu_id_bytes"
	switchTokenlessPerKF = "wecom.tokenless_limit_per_account"
	switchSparsePages    = "wecom.sparse_pages"
	switchRepeatsToken   = "wecom.gettoken_repeats_token"
	switchTokenLife      = "wecom.token_life_seconds"
	switchCallsPerMinute = "wecom.calls_per_minute"
	switchOnEventCounts  = "wecom.event_messages_count"
)

// defineSwitches sets each to the reading that is harder for the desk.
func defineSwitches(s *kernel.Switches) {
	s.Define(switchClickRenews, false, "a menu click renews the 48 hours and the count of 5, as typed words do")
	s.Define(switchDuplicateCode, 95004, "errcode of send_msg for a msgid that was used already")
	s.Define(switchUndocumented, false, "service_state/trans also allows 0 to 4, 1 to 4 and 3 to 1")
	s.Define(switchMenuIDBytes, 64, "longest id of a menu item in bytes: 64 or 128")
	s.Define(switchTokenlessPerKF, false, "the limit of sync_msg without token counts per kf account instead of per corp")
	s.Define(switchSparsePages, false, "sync_msg gives one item a page and an empty page with has_more=1 before each")
	s.Define(switchRepeatsToken, false, "gettoken gives the same token again while it is good")
	s.Define(switchTokenLife, 7200, "life of an access token in seconds of clock time")
	s.Define(switchCallsPerMinute, 10_000, "calls per path and minute of machine time; 0 = no limit")
	s.Define(switchOnEventCounts, false, "a message sent by send_msg_on_event is one of the five")
}
