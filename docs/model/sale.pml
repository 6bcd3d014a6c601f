/*
 * The sale of one seat to two buyers, as booking, ticket and a payment provider make it between them. What is `atomic` is one transaction, or
 * one request to another process. Between two of them every process may end (FAULT, by the names of packages/kit/src/fault-points.ts), and begin
 * again: as the buyer's next request, as a job, as a sweep.
 *
 * What a process only knows because it has just done it, and would find out again, is not kept: its next step is there for whoever comes, once
 * the data say that it is to be done. So each of the processes below stands for any number of runs, each of which may end anywhere. What may
 * have changed by the time that a run acts on it is kept: `knows` marks it.
 *
 * `npm run model` goes through all states, and then through those of each mutant: the model without one guard (-D NO_…), which must fail.
 * README.md says which test does the same to the code, and what is left out.
 */

/* Whoever was at it ends here, or does not: what they knew is gone. */
#define FAULT(name) if :: skip :: goto idle fi
/* From here to the next step a run acts on what it has read or was told, whatever happens meanwhile. */
#define knows

/* Statuses of a booking; NONE: not written. */
mtype:booking = { NONE, PENDING, PAID, EXPIRED, CANCELLED, PARTLY_REFUNDED, REFUNDED }
/* A hold, in ticket. LOOSE: no booking has bound it, so its time alone ends it. NEVER: its booking has its money back (holds.revoked). */
mtype:hold = { NOT_HELD, LOOSE, BOUND, ENDED, CONVERTED, NEVER }
/* A payment at the provider, as booking knows it (ASKED_FOR: under way; RETURNED: its money went back, for no booking could take it). */
mtype:payment = { UNASKED, ASKED_FOR, CAPTURED, FAILED, RETURNED }
/* … and as the provider does. */
mtype:page = { NO_PAGE, OPEN, CLOSED, MONEY_TAKEN }
/* A refund that the provider has to make. */
mtype:refund = { NO_REFUND, TO_SEND, SENT }
/* What becomes of a buyer's wish to have the money of their ticket back. ASKED: it waits for a review; ENDING: decided, and begun. */
mtype:request = { NO_REQUEST, ASKED, ENDING, ANSWERED }
/* How far time is: the payment window is over some time before the hold is. */
mtype:time = { IN_TIME, DUE, LAPSED }

mtype:booking status[2] = NONE
mtype:payment payment[2] = UNASKED
mtype:request request[2] = NO_REQUEST
mtype:hold hold[2] = NOT_HELD
mtype:page page[2] = NO_PAGE
mtype:time time[2] = IN_TIME

bool fulfilled[2] = true  /* whether ticket has done what the status asks for */
byte tickets[2]           /* live ones */
bool used[2]              /* somebody has come in with it */
bool takenBack[2]         /* out of use for the refund of this ticket (tickets.refund_id) */
bool calledOff            /* the event, and whether all its bookings have been refunded for that (event_refunds) */
bool allRefunded

/* The ledger, in halves of the price; refunds by r: that of the ticket is 2b, that of all that is left, or of a stray payment, 2b + 1. */
#define PRICE 2
byte fromWallet[2]
byte fromProvider[2]
byte stray[2]
byte back[4]
byte due[4]
mtype:refund refund[4] = NO_REFUND
byte sent[4]
byte given[4]             /* the provider's own books: how much went back by it */

/* Remembered only to be judged by. */
bool late[2]              /* paid though it had expired: whether there are places, issuing finds out */
bool paidInTime[2]        /* the provider had the money before the time was over */

#define owns(b) ((hold[b] == LOOSE || hold[b] == BOUND) + tickets[b])
#define seatIsFree (owns(0) + owns(1) == 0)
#define isPaid(b) (status[b] == PAID || status[b] == PARTLY_REFUNDED)
#define worth(b) (fromWallet[b] + fromProvider[b] - back[2 * b] - back[2 * b + 1])

/* Invariants 1 and 7, wherever places or statuses have moved. What nobody asks about any more is forgotten, so that it makes no states. */
inline judge(b) {
  assert(owns(0) + owns(1) <= 1);
  assert(status[b] != PENDING || time[b] != IN_TIME || hold[b] == BOUND);
  assert(status[b] != PAID || late[b] || hold[b] == BOUND || tickets[b] == 1 || takenBack[b]);
  assert(!(hold[b] == BOUND && isPaid(b) && fulfilled[b]));
  if :: hold[b] != BOUND && status[b] != NONE && status[b] != PENDING -> time[b] = IN_TIME :: else -> skip fi;
  if :: status[b] != PENDING -> paidInTime[b] = false :: else -> skip fi;
  if :: status[b] != PAID || fulfilled[b] -> late[b] = false :: else -> skip fi
}

/* Invariant 3 at every commit: nothing is posted twice, and what a booking has paid, less what went back, is what it is worth. */
inline audit(b) {
  assert(fromWallet[b] + fromProvider[b] <= PRICE && stray[b] <= PRICE);
  assert(sent[2 * b] <= due[2 * b] && sent[2 * b + 1] <= due[2 * b + 1]);
  assert(given[2 * b] <= due[2 * b] && given[2 * b + 1] <= due[2 * b + 1]);
  assert(worth(b) == (status[b] == PAID -> PRICE : (status[b] == PARTLY_REFUNDED -> PRICE - back[2 * b] : 0)))
}

/* ── What several of them do ── */

#ifdef NO_CONDITION_OF_TAKING
#define mayBeTaken true
#else
#define mayBeTaken seatIsFree
#endif

/* cancelPayment: the provider closes its page, or says that it has the money. */
inline closePage(b) {
  if :: page[b] == OPEN -> page[b] = CLOSED :: else -> skip fi
}

inline moveToPaid(b) {
  late[b] = (status[b] == EXPIRED || time[b] != IN_TIME);
  status[b] = PAID; fulfilled[b] = false
}

#ifdef NO_LOOK_AT_EVENT
#define mayBePaidLate(b) (status[b] == PENDING || status[b] == EXPIRED)
#else
#define mayBePaidLate(b) (status[b] == PENDING && time[b] == IN_TIME || (status[b] == PENDING || status[b] == EXPIRED) && !calledOff)
#endif

/* takeReport of money, under the locks of booking and payment. */
inline capture(b) {
  if
  :: mayBePaidLate(b) -> moveToPaid(b); fromProvider[b] = fromProvider[b] + PRICE; payment[b] = CAPTURED
  :: else ->
    stray[b] = stray[b] + PRICE; due[2 * b + 1] = PRICE; refund[2 * b + 1] = TO_SEND; payment[b] = RETURNED; paidInTime[b] = false
  fi;
  audit(b); judge(b)
}

/* payBack, of refund r. */
inline payBack(b, r, amount) {
  back[r] = back[r] + amount;
  if :: payment[b] == CAPTURED && amount > 0 -> due[r] = amount; refund[r] = TO_SEND :: else -> skip fi;
  audit(b)
}

#ifdef NO_LOOK_AT_REFUNDS
#define nothingIsOpen(b) true
#else
#define nothingIsOpen(b) (request[b] != ENDING)
#endif
#define canBeRefunded(b) (isPaid(b) && fulfilled[b] && nothingIsOpen(b))

/* refundInFull; `needs`: whether tickets must have been issued, or must not. */
inline refundInFull(b, needs) {
  if
#ifdef NO_CONDITION_OF_REFUNDING
  :: isPaid(b) && nothingIsOpen(b) ->
#else
  :: isPaid(b) && fulfilled[b] == needs && nothingIsOpen(b) ->
#endif
    assert(fulfilled[b] == needs); /* who has tickets loses them by nobody's mistake */
    status[b] = REFUNDED; fulfilled[b] = false;
    payBack(b, 2 * b + 1, PRICE - back[2 * b]);
    if :: request[b] == ASKED -> request[b] = ANSWERED :: else -> skip fi;
    judge(b)
  :: else -> skip
  fi
}

inline moveToExpired(b) {
  assert(!paidInTime[b]);
  status[b] = EXPIRED; fulfilled[b] = false;
  judge(b)
}

/* A payment under way keeps a booking from that, until its provider has answered (settler). */
#ifdef NO_LOOK_AT_PAYMENTS
#define isUnpaid(b) true
#else
#define isUnpaid(b) (payment[b] != ASKED_FOR)
#endif

/* ── A buyer: books, and pays in one way or another, or gives up ── */

proctype buyer(byte b) {
idle:
  if :: status[b] == NONE -> goto book :: else -> goto pay fi;

book:
  /* Ticket keeps the seat: takeForBooking at once, or holdSeats and then bindHold. Called again, it keeps what it has. */
  atomic {
    hold[b] != NOT_HELD || mayBeTaken ->
    FAULT("create-booking/claimed");
    if
    :: hold[b] == NOT_HELD -> if :: hold[b] = BOUND :: hold[b] = LOOSE fi; judge(b)
    :: else -> skip
    fi;
    FAULT("take-places/taken")
  }
  atomic {
    if
    :: hold[b] == LOOSE -> hold[b] = BOUND
    :: hold[b] == BOUND -> skip
    :: else -> goto refused /* its time was over */
    fi;
    FAULT("bind-hold/bound");
    FAULT("create-booking/kept")
  }
  knows
  atomic {
    if
    :: time[b] == IN_TIME && !calledOff -> status[b] = PENDING; judge(b)
    :: else -> goto refused /* HOLD_EXPIRED */
    fi;
    FAULT("create-booking/written")
  }

pay:
  do
  :: atomic { /* startPayment */
      status[b] == PENDING && page[b] == NO_PAGE && (payment[b] == UNASKED && time[b] == IN_TIME || payment[b] == ASKED_FOR) ->
      payment[b] = ASKED_FOR;
      FAULT("start-payment/written")
    }
    knows
    atomic {
      if :: page[b] == NO_PAGE -> page[b] = OPEN :: else -> skip fi;
      FAULT("start-payment/started");
      FAULT("start-payment/noted")
    }
  :: atomic { /* whoever pays otherwise, or gives up, with a payment under way: that is cancelled first */
      status[b] == PENDING && payment[b] == ASKED_FOR && page[b] != MONEY_TAKEN ->
      closePage(b);
      FAULT("settle-payment/cancelled")
    }
    knows
    atomic {
      if :: payment[b] == ASKED_FOR -> payment[b] = FAILED :: else -> skip fi;
      FAULT("settle-payment/written")
    }
  :: atomic { /* confirmPayment by wallet: moveToPaid, the posting and the payment */
#ifdef NO_CONDITION_OF_PAYING
      status[b] != PAID && payment[b] != ASKED_FOR ->
#else
      status[b] == PENDING && time[b] == IN_TIME && payment[b] != ASKED_FOR ->
#endif
      moveToPaid(b); fromWallet[b] = fromWallet[b] + PRICE; audit(b); judge(b);
      FAULT("confirm-payment/written")
    }
  :: atomic { /* cancelBooking */
      status[b] == PENDING && time[b] == IN_TIME && payment[b] != ASKED_FOR ->
      status[b] = CANCELLED; fulfilled[b] = false; judge(b);
      FAULT("cancel-booking/written")
    }
  od;
refused: skip
}

/* ── What people do, and time; any of it may happen, or not ── */

proctype people(byte b) {
idle:
  do
  :: atomic { time[b] == IN_TIME && hold[b] == BOUND -> time[b] = DUE }
  :: atomic { time[b] == DUE -> time[b] = LAPSED }
  :: atomic { /* at the provider's page, late, too. It tells of that until it is taken in: an inbox row and a job, in one transaction */
      page[b] == OPEN || page[b] == CLOSED ->
      paidInTime[b] = (page[b] == OPEN && status[b] == PENDING && time[b] == IN_TIME);
      page[b] = MONEY_TAKEN;
      FAULT("take-notification/written")
    }
  :: atomic { tickets[b] > 0 && !used[b] -> used[b] = true } /* a check-in */
  :: atomic { canBeRefunded(b) -> refundInFull(b, true); FAULT("refund-booking/decided") } /* an admin */
  :: atomic { /* the policy gives it back at once (beginRefund), or the organizer, or time, decides */
      isPaid(b) && fulfilled[b] && request[b] == NO_REQUEST ->
      if :: request[b] = ASKED :: request[b] = ENDING fi;
      FAULT("request-refund/written")
    }
  :: atomic { request[b] == ASKED -> if :: request[b] = ANSWERED :: request[b] = ENDING fi; FAULT("decide-refund/decided") }
  od
}

/* ── Booking's jobs and sweeps ── */

/* settlePayment: by a job, by an expiry, by the last look. */
#define hasMoney(b) (page[b] == MONEY_TAKEN && payment[b] != CAPTURED && payment[b] != RETURNED)
#define isOver(b) (status[b] != PENDING || time[b] != IN_TIME)

proctype settler(byte b) {
idle:
  do
#ifdef NO_LOCK_OF_SETTLING
  :: atomic { hasMoney(b) -> skip; FAULT("settle-payment/asked") }
    knows
    atomic { capture(b); FAULT("settle-payment/written") }
#else
  :: atomic { hasMoney(b) -> FAULT("settle-payment/asked"); capture(b); FAULT("settle-payment/written") }
#endif
  :: atomic { payment[b] == ASKED_FOR && page[b] != MONEY_TAKEN && isOver(b) -> closePage(b); FAULT("settle-payment/cancelled") }
    knows
    atomic { if :: payment[b] == ASKED_FOR -> payment[b] = FAILED :: else -> skip fi; FAULT("settle-payment/written") }
  od
}

proctype expirer(byte b) {
idle:
  do
  :: atomic { status[b] == PENDING && time[b] != IN_TIME && isUnpaid(b) -> moveToExpired(b); FAULT("expire-booking/written") }
  od
}

#define toRelease(b) ((status[b] == EXPIRED || status[b] == CANCELLED) && !fulfilled[b])

proctype releaser(byte b) {
idle:
  do
  :: atomic { toRelease(b) && hold[b] == BOUND -> skip }
    knows
    atomic {
      if :: hold[b] == BOUND -> hold[b] = ENDED; judge(b) :: else -> skip fi;
      FAULT("release-booking/released")
    }
  :: atomic { toRelease(b) && hold[b] != BOUND -> fulfilled[b] = true; judge(b); FAULT("release-booking/noted") }
  od
}

/* cancelTickets: ticket's cancelTickets, after which the hold becomes no tickets, and releaseBooking; then the note that it is done. */
#define toCancel(b) (status[b] == REFUNDED && !fulfilled[b])
#ifdef NO_END_FOR_GOOD
#define isEnded(b) (tickets[b] == 0)
#else
#define isEnded(b) (tickets[b] == 0 && hold[b] != BOUND && hold[b] != ENDED)
#endif

proctype canceller(byte b) {
idle:
  do
  :: atomic {
      toCancel(b) && !isEnded(b) ->
      tickets[b] = 0; used[b] = false;
#ifndef NO_END_FOR_GOOD
      if :: hold[b] == BOUND || hold[b] == ENDED -> hold[b] = NEVER :: else -> skip fi;
#endif
      judge(b);
      FAULT("end-tickets/ended");
      FAULT("cancel-tickets/cancelled")
    }
  :: atomic {
      toCancel(b) && isEnded(b) ->
      if :: hold[b] == BOUND -> hold[b] = ENDED :: else -> skip fi;
      FAULT("cancel-tickets/released");
      fulfilled[b] = true; judge(b);
      FAULT("cancel-tickets/noted")
    }
  od
}

/* issueTickets: by the buyer's own request, by the job, by the sweep. `mayBeIssued`: whoever has read PAID may ask at any time after that. */
#ifdef NO_JOB_NOR_SWEEP
bool begun[2]
#define toIssue(b) (status[b] == PAID && !fulfilled[b] && !begun[b])
#define isLeft(b) !begun[b]
#define BEGUN begun[b] = true
#else
#define toIssue(b) (status[b] == PAID && !fulfilled[b])
#define isLeft(b) !fulfilled[b]
#define BEGUN skip
#endif
#define placesAreThere(b) (hold[b] == CONVERTED || hold[b] == BOUND || hold[b] == ENDED && seatIsFree)

proctype issuer(byte b) {
idle:
  do
  :: atomic { /* ticket: convert, under the lock of the hold */
      (toIssue(b) || status[b] == REFUNDED && hold[b] != CONVERTED) && placesAreThere(b) ->
      BEGUN;
      if
#ifdef NO_LOOK_AT_CONVERTED
      :: hold[b] == CONVERTED -> tickets[b]++
#else
      :: hold[b] == CONVERTED -> skip
#endif
      :: else -> hold[b] = CONVERTED; tickets[b]++
      fi;
      judge(b);
      FAULT("convert-hold/converted");
      FAULT("issue-tickets/issued");
      if
      :: status[b] == PAID && !fulfilled[b] -> fulfilled[b] = true; judge(b)
      :: else -> skip
      fi;
      FAULT("issue-tickets/noted")
    }
  :: atomic { toIssue(b) && !placesAreThere(b) -> BEGUN; FAULT("issue-tickets/issued") }
    knows
    atomic {
      if :: status[b] == PAID -> refundInFull(b, false) :: else -> skip fi;
      FAULT("refund-booking/decided")
    }
  od
}

/* finishRefund, of a ticket: ticket takes it out of use, then the money moves; or it was used before. */
proctype ticketRefunder(byte b) {
idle:
  do
  :: atomic {
#ifdef NO_LOOK_AT_USE
      request[b] == ENDING && !takenBack[b] && tickets[b] > 0 ->
#else
      request[b] == ENDING && !takenBack[b] && tickets[b] > 0 && !used[b] ->
#endif
      assert(!used[b]); /* who has come in has had what they paid for */
      takenBack[b] = true; tickets[b] = 0; judge(b);
      FAULT("end-tickets/ended");
      FAULT("refund-tickets/ended")
    }
#ifdef NO_CONDITION_OF_MAKING
  :: atomic { request[b] == ENDING && takenBack[b] -> skip }
    knows
    atomic {
#else
  :: atomic {
      request[b] == ENDING && takenBack[b] ->
#endif
      assert(isPaid(b) && fulfilled[b]); /* else it would wait for ever */
      request[b] = ANSWERED;
      if
      :: status[b] = REFUNDED; payBack(b, 2 * b, PRICE)
      :: status[b] = PARTLY_REFUNDED; payBack(b, 2 * b, PRICE / 2)
      fi;
      judge(b);
      FAULT("refund-tickets/written")
    }
  :: atomic { request[b] == ENDING && !takenBack[b] && (tickets[b] == 0 || used[b]) -> request[b] = ANSWERED; FAULT("refund-tickets/written") }
  od
}

/* sendRefund: by the refund's own id, which the provider knows it by. */
proctype sender(byte b; byte r) {
idle:
  do
  :: atomic {
#ifdef NO_KEY_OF_REFUND
      refund[r] == TO_SEND ->
      given[r] = given[r] + due[r];
#else
      refund[r] == TO_SEND && given[r] == 0 ->
      given[r] = due[r];
#endif
      audit(b);
      FAULT("send-refund/sent")
    }
  :: atomic {
      refund[r] == TO_SEND && given[r] > 0 ->
      refund[r] = SENT; sent[r] = sent[r] + due[r]; audit(b);
      FAULT("send-refund/noted")
    }
  od
}

/* ── The event is called off: nobody can pay any more, and refundEvent gives back what was paid, in passes, until one finds nothing ── */

inline endTime(b) {
  if :: time[b] == IN_TIME && (hold[b] == BOUND || status[b] == PENDING) -> time[b] = DUE :: else -> skip fi
}

proctype eventRefunder() {
  atomic { calledOff = true; endTime(0); endTime(1) }
idle:
  do
  :: atomic {
      !allRefunded && (canBeRefunded(0) || canBeRefunded(1)) ->
      refundInFull(0, true); refundInFull(1, true);
      FAULT("refund-event/decided")
    }
  :: atomic {
      !allRefunded && !isPaid(0) && !isPaid(1) ->
      allRefunded = true;
      FAULT("refund-event/noted")
    }
  od
}

/* ── Ticket's jobs and sweeps: the end of holds ── */

proctype ender(byte b) {
idle:
  do
  :: atomic { hold[b] == LOOSE -> hold[b] = ENDED; judge(b) } /* whenever its time is over */
#ifdef NO_QUESTION
  :: atomic { hold[b] == BOUND && time[b] == LAPSED -> hold[b] = ENDED; judge(b) }
#else
  :: atomic { /* expireBookings, in booking: what is overdue is expired first, on its locked row */
      hold[b] == BOUND && time[b] == LAPSED && (status[b] != PENDING || isUnpaid(b)) && !isPaid(b) ->
      if :: status[b] == PENDING -> moveToExpired(b) :: else -> skip fi;
      FAULT("end-hold/asked")
    }
    knows
    atomic {
      if :: hold[b] == BOUND -> hold[b] = ENDED; judge(b) :: else -> skip fi;
      FAULT("end-hold/ended")
    }
#endif
  od
}

/* ── Nothing is left to do for a booking, but what people may still come to do: invariants 3, 4 and 5, and nothing is held for ever ── */

#define isQuiet(b) (payment[b] != ASKED_FOR && !hasMoney(b) && !toRelease(b) && !toCancel(b) && !(status[b] == PAID && isLeft(b)) && \
    refund[2 * b] != TO_SEND && refund[2 * b + 1] != TO_SEND && request[b] != ENDING && !(calledOff && !allRefunded) && \
    hold[b] != LOOSE && hold[b] != BOUND && status[b] != PENDING)

inline rest(b) {
  assert(fulfilled[b] && (status[b] == PAID) == (tickets[b] == 1) && tickets[b] <= 1);
  assert(!calledOff || !isPaid(b));
  assert(PRICE * (page[b] == MONEY_TAKEN) - given[2 * b] - given[2 * b + 1] == fromProvider[b] + stray[b] - sent[2 * b] - sent[2 * b + 1]);
  assert(page[b] != MONEY_TAKEN || payment[b] == CAPTURED || given[2 * b + 1] == PRICE);
  assert(payment[b] != CAPTURED || worth(b) + given[2 * b] + given[2 * b + 1] == PRICE)
}

/* What a run knows and does not ask again, another may have done meanwhile. */
#ifdef NO_LOCK_OF_SETTLING
#define run_second(b) run settler(b)
#endif
#ifdef NO_CONDITION_OF_MAKING
#define run_second(b) run ticketRefunder(b)
#endif
#ifndef run_second
#define run_second(b) skip
#endif
#define run_sale(b) run_second(b); run buyer(b); run people(b); run settler(b); run expirer(b); run releaser(b); run canceller(b); run issuer(b); \
    run ticketRefunder(b); run sender(b, 2 * b); run sender(b, 2 * b + 1); run ender(b)

init {
  atomic {
    run_sale(0);
    run_sale(1);
    run eventRefunder()
  }
  do
  :: atomic { isQuiet(0) -> rest(0) }
  :: atomic { isQuiet(1) -> rest(1) }
  od
}
