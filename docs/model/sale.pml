/*
 * The sale of one seat to a buyer, with a rival who takes it and gives it back, as booking, ticket and a payment provider make it between
 * them. Every process may end between any two of its steps (FAULT, by the names of packages/kit/src/fault-points.ts) and begins again: as the buyer's next request, as a job, as a
 * sweep. What is `atomic` is one transaction, or one request to the provider, and whether the process ends after it.
 *
 * `npm run model` goes through all states, and then through those of each mutant: the model without one guard (-D NO_…), which must fail.
 * README.md says which test does the same to the code.
 *
 * Left out: places that booking was silent about for a day, and payments whose provider was silent for a quarter of an hour.
 */

/* The process ends here, or does not. What it knew is gone; what waits for it begins at `idle`. */
#define FAULT(name) if :: skip :: FORGET; goto idle fi
#define DONE FORGET; goto idle

/* Statuses of a booking; NONE: not written. */
mtype:booking = { NONE, PENDING, PAID, EXPIRED, CANCELLED, REFUNDED }
/* A hold, in ticket. LOOSE: no booking has bound it, so its time alone ends it. NEVER: its booking has its money back (holds.revoked). */
mtype:hold = { NOT_HELD, LOOSE, BOUND, ENDED, CONVERTED, NEVER }
/* A payment at the provider, as booking knows it (ASKED_FOR: under way; RETURNED: its money went back, for no booking could take it). */
mtype:payment = { UNASKED, ASKED_FOR, CAPTURED, FAILED, RETURNED }
/* … and as the provider does. */
mtype:page = { NO_PAGE, OPEN, CLOSED, MONEY_TAKEN }
/* A refund that the provider has to make. */
mtype:refund = { NO_REFUND, TO_SEND, SENT }
/* How far time is: the payment window is over some time before the hold is. */
mtype:time = { IN_TIME, DUE, LAPSED }

mtype:booking status[2] = NONE
mtype:payment payment[2] = UNASKED
mtype:refund refund[2] = NO_REFUND
mtype:hold hold[2] = NOT_HELD
mtype:page page[2] = NO_PAGE
mtype:time time[2] = IN_TIME

bool fulfilled[2] = true  /* whether ticket has done what the status asks for */
bool issueJob[2]          /* jobs of the queue, there until a run of them has come to its end */
bool settleJob[2]
byte tickets[2]           /* live ones */

/* The ledger, as how often each was posted; and the provider's own books. */
byte fromWallet[2]
byte fromProvider[2]
byte back[2]              /* the price of the booking went back: to the wallet, or to be sent by the provider */
byte stray[2]
byte sent[2]
byte returned[2]          /* how often the provider gave the money back */

/* Remembered only to be judged by. */
bool late[2]              /* paid though it had expired: whether there are places, issuing finds out */
bool paidInTime[2]        /* the provider had the money before the time was over */
byte atWork               /* processes in the midst of something */

#define owns(b) ((hold[b] == LOOSE || hold[b] == BOUND) + tickets[b])
#define seatIsFree (owns(0) + owns(1) == 0)
#ifdef NO_CONDITION_OF_TAKING
#define CONDITION_OF_TAKING true
#else
#define CONDITION_OF_TAKING seatIsFree
#endif
#ifdef BOTH
#define IS_RIVAL(b) false
#else
#define IS_RIVAL(b) (b == 1)
#endif

/* Invariants 1 and 7, wherever places or statuses have moved. */
inline judge() {
  assert(owns(0) + owns(1) <= 1);
  assert(status[0] != PENDING || time[0] != IN_TIME || hold[0] == BOUND);
  assert(status[1] != PENDING || time[1] != IN_TIME || hold[1] == BOUND);
  assert(status[0] != PAID || late[0] || hold[0] == BOUND || tickets[0] == 1);
  assert(status[1] != PAID || late[1] || hold[1] == BOUND || tickets[1] == 1);
  assert(!(hold[0] == BOUND && status[0] == PAID && fulfilled[0]) && !(hold[1] == BOUND && status[1] == PAID && fulfilled[1]))
}

/* Invariant 3 at every commit: nothing is posted twice, and what a booking has paid is what it is worth. */
inline audit(b) {
  assert(fromWallet[b] + fromProvider[b] <= 1 && back[b] <= fromWallet[b] + fromProvider[b]);
  assert(stray[b] <= 1 && sent[b] <= 1 && returned[b] <= 1);
  assert(fromWallet[b] + fromProvider[b] - back[b] == (status[b] == PAID))
}

/* ── What several of them do ── */

/* cancelPayment: the provider closes its page, or says that it has the money. */
inline closePage(b) {
  if :: page[b] == OPEN -> page[b] = CLOSED :: else -> skip fi
}

/* takeReport, under the lock of the booking's row. */
inline takeReport(b, money) {
  if
  :: money && payment[b] != CAPTURED && payment[b] != RETURNED ->
    if
    :: status[b] == PENDING || status[b] == EXPIRED ->
      late[b] = (status[b] == EXPIRED || time[b] != IN_TIME);
      status[b] = PAID; fulfilled[b] = false; fromProvider[b]++; payment[b] = CAPTURED; issueJob[b] = true
    :: else -> stray[b]++; refund[b] = TO_SEND; payment[b] = RETURNED
    fi;
    judge(); audit(b)
  :: !money && payment[b] == ASKED_FOR -> payment[b] = FAILED
  :: else -> skip
  fi
}

/* refundInFull; `needs`: whether tickets must have been issued, or must not. */
inline refundInFull(b, needs) {
  if
#ifdef NO_CONDITION_OF_REFUNDING
  :: status[b] == PAID ->
#else
  :: status[b] == PAID && fulfilled[b] == needs ->
#endif
    assert(fulfilled[b] == needs); /* who has tickets loses them by nobody's mistake */
    status[b] = REFUNDED; fulfilled[b] = false; back[b]++;
    if :: payment[b] == CAPTURED -> refund[b] = TO_SEND :: else -> skip fi;
    audit(b)
  :: else -> skip
  fi
}

/* cancelTickets of ticket: whatever comes of the hold from now on, it becomes no tickets. */
inline endTickets(b) {
  tickets[b] = 0;
#ifndef NO_END_FOR_GOOD
  if :: hold[b] == BOUND || hold[b] == ENDED -> hold[b] = NEVER :: else -> skip fi
#endif
}

/* ── A buyer: books, and pays in one way or another, or gives up ── */

#define FORGET money = false
proctype buyer(byte b) {
  bool money;
idle:
  if :: status[b] == NONE -> goto book :: else -> goto pay fi;

book:
  /* Ticket keeps the seat: takeForBooking at once, or holdSeats and then bindHold. Called again, it keeps what it has. */
  atomic {
    FAULT("create-booking/claimed");
    if
    :: hold[b] == NOT_HELD ->
      if :: CONDITION_OF_TAKING ->
        if :: hold[b] = BOUND :: hold[b] = LOOSE fi; judge()
      :: else -> goto finished /* refused */
      fi
    :: else -> skip
    fi;
    FAULT("take-places/taken")
  }
  atomic {
    if
    :: hold[b] == LOOSE -> hold[b] = BOUND
    :: hold[b] == BOUND -> skip
    :: else -> goto finished /* its time was over */
    fi;
    FAULT("bind-hold/bound");
    FAULT("create-booking/kept")
  }
  atomic {
    if :: time[b] == IN_TIME ->
      status[b] = PENDING; judge()
    :: else -> goto finished /* HOLD_EXPIRED */
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
    atomic {
      if :: page[b] == NO_PAGE -> page[b] = OPEN :: else -> skip fi;
      FAULT("start-payment/started");
      FAULT("start-payment/noted")
    }
  :: atomic { status[b] == PENDING && payment[b] != ASKED_FOR -> /* confirmPayment by wallet */ goto wallet }
  :: atomic { status[b] == PENDING && payment[b] != ASKED_FOR -> /* cancelBooking */ goto cancel }
  :: atomic { /* either of them, with a payment under way: that is cancelled first */
      status[b] == PENDING && payment[b] == ASKED_FOR ->
      closePage(b);
      money = (page[b] == MONEY_TAKEN);
      FAULT("settle-payment/cancelled")
    }
    atomic {
      takeReport(b, money);
      money = false;
      FAULT("settle-payment/written");
      if :: goto wallet :: goto cancel fi
    }
  :: atomic { skip -> goto finished }
  od;

wallet: /* moveToPaid, the posting and the payment */
  atomic {
#ifdef NO_CONDITION_OF_PAYING
    if :: status[b] != PAID ->
#else
    if :: status[b] == PENDING && time[b] == IN_TIME ->
#endif
      status[b] = PAID; fulfilled[b] = false; fromWallet[b]++; issueJob[b] = true; judge(); audit(b)
    :: else -> skip
    fi;
    FAULT("confirm-payment/written");
    assert(status[b] != NONE && status[b] != PENDING || time[b] != IN_TIME);
    goto finished
  }

cancel:
  atomic {
    if
    :: status[b] == PENDING && time[b] == IN_TIME -> status[b] = CANCELLED; fulfilled[b] = false
    :: else -> skip
    fi;
    FAULT("cancel-booking/written")
  }
finished:
  atWork--
}

/* ── Time; the buyer at the provider's page, who may pay late, too; and an admin ── */

proctype world() {
  do
  :: atomic { (hold[0] == BOUND || hold[0] == CONVERTED) && time[0] == IN_TIME -> time[0] = DUE }
  :: atomic { !IS_RIVAL(1) && (hold[1] == BOUND || hold[1] == CONVERTED) && time[1] == IN_TIME -> time[1] = DUE }
  :: atomic { time[0] == DUE -> time[0] = LAPSED }
  :: atomic { time[1] == DUE -> time[1] = LAPSED }
  od
}

/* The provider tells of the money until it is taken in: an inbox row and a job, in one transaction. */
#define pays(b) atomic { page[b] == OPEN || page[b] == CLOSED -> \
    paidInTime[b] = (page[b] == OPEN && status[b] == PENDING && time[b] == IN_TIME); \
    page[b] = MONEY_TAKEN; settleJob[b] = true; FAULT("take-notification/written") }
#define gives_back(b) atomic { status[b] == PAID && fulfilled[b] -> refundInFull(b, true); FAULT("refund-booking/decided") }

#undef FORGET
#define FORGET skip
proctype people() {
idle:
  do
  :: pays(0)
  :: pays(1)
  :: gives_back(0)
  :: gives_back(1)
  od
}

/* ── Booking's jobs and sweeps. Each begins by choosing a booking that asks for it. ── */

/* settlePayment: by a job, by an expiry, by the last look. */
#define toSettle(b) (payment[b] == ASKED_FOR || settleJob[b])
#define isOver(b) (status[b] != PENDING || time[b] != IN_TIME)

#undef FORGET
#define FORGET b = 0; money = false; atWork--
proctype settler() {
  byte b; bool money;
idle:
  atomic {
    if :: toSettle(0) :: toSettle(1) -> b = 1 fi;
    atWork++;
    if
    :: payment[b] == CAPTURED || payment[b] == RETURNED -> goto done
    :: else -> money = (page[b] == MONEY_TAKEN)
    fi;
    FAULT("settle-payment/asked");
    if
    :: money -> skip
    :: !money && isOver(b) -> skip
    :: !money && !isOver(b) -> goto done
    fi
  }
  atomic {
    if :: !money -> closePage(b); money = (page[b] == MONEY_TAKEN) :: else -> skip fi;
    FAULT("settle-payment/cancelled");
#ifdef NO_LOCK_OF_SETTLING
    if :: payment[b] == CAPTURED || payment[b] == RETURNED -> goto done :: else -> skip fi
#endif
  }
  atomic {
#ifdef NO_LOCK_OF_SETTLING
    if
    :: money && (status[b] == PENDING || status[b] == EXPIRED) ->
      status[b] = PAID; fulfilled[b] = false; fromProvider[b]++; payment[b] = CAPTURED; issueJob[b] = true
    :: money && !(status[b] == PENDING || status[b] == EXPIRED) -> stray[b]++; refund[b] = TO_SEND; payment[b] = RETURNED
    :: !money -> payment[b] = FAILED
    fi;
    audit(b);
#else
    takeReport(b, money);
#endif
    FAULT("settle-payment/written");
done: /* the job, too, where it has not left money lying */
    if
    :: payment[b] == CAPTURED || payment[b] == RETURNED || page[b] != MONEY_TAKEN -> settleJob[b] = false
    :: else -> skip
    fi;
    DONE
  }
}

/* expireBooking. A payment under way keeps it from that, until its provider has answered (settler). */
#ifdef NO_LOOK_AT_PAYMENTS
#define isUnpaid(b) true
#else
#define isUnpaid(b) (payment[b] != ASKED_FOR)
#endif
#define expires(b) atomic { status[b] == PENDING && time[b] != IN_TIME && isUnpaid(b) -> \
    assert(!paidInTime[b]); status[b] = EXPIRED; fulfilled[b] = false; FAULT("expire-booking/written") }

#undef FORGET
#define FORGET skip
proctype expirer() {
idle:
  do
  :: expires(0)
  :: expires(1)
  od
}

/* releaseBooking */
#define toRelease(b) ((status[b] == EXPIRED || status[b] == CANCELLED) && !fulfilled[b])

#undef FORGET
#define FORGET b = 0; was = NONE; atWork--
proctype releaser() {
  byte b; mtype:booking was;
idle:
  atomic {
    if :: toRelease(0) :: toRelease(1) -> b = 1 fi;
    atWork++;
    was = status[b]
  }
  atomic {
    if :: hold[b] == BOUND -> hold[b] = ENDED; judge() :: else -> skip fi;
    FAULT("release-booking/released")
  }
  atomic {
    if :: status[b] == was -> fulfilled[b] = true :: else -> skip fi;
    FAULT("release-booking/noted");
    DONE
  }
}

/* cancelTickets: ticket's cancelTickets and releaseBooking, then the note that it is done. */
#define toCancel(b) (status[b] == REFUNDED && !fulfilled[b])

#undef FORGET
#define FORGET b = 0; atWork--
proctype canceller() {
  byte b;
idle:
  atomic {
    if :: toCancel(0) :: toCancel(1) -> b = 1 fi;
    atWork++;
    endTickets(b);
    FAULT("end-tickets/ended");
    FAULT("cancel-tickets/cancelled");
    if :: hold[b] == BOUND -> hold[b] = ENDED :: else -> skip fi;
    FAULT("cancel-tickets/released")
  }
  atomic {
    if :: toCancel(b) -> fulfilled[b] = true :: else -> skip fi;
    FAULT("cancel-tickets/noted");
    DONE
  }
}

/* issueTickets: one run is the job's, the other the buyer's own request or a sweep's, which has no job to be repeated by. */
#ifdef NO_JOB_NOR_SWEEP
bool begun[2]
#define toIssue(b) (!isJob && !begun[b] && status[b] == PAID && !fulfilled[b])
#define TO_SWEEP(b) !begun[b]
#else
#define toIssue(b) (isJob && issueJob[b] || status[b] == PAID && !fulfilled[b])
#define TO_SWEEP(b) !fulfilled[b]
#endif

#undef FORGET
#define FORGET b = 0; issued = false; atWork--
proctype issuer(bool isJob) {
  byte b; bool issued;
idle:
  atomic {
    if :: toIssue(0) :: toIssue(1) -> b = 1 fi;
    atWork++;
#ifdef NO_JOB_NOR_SWEEP
    begun[b] = true;
    issueJob[b] = false;
#endif
    if
    :: status[b] == PAID && !fulfilled[b] -> skip
    :: status[b] == REFUNDED -> endTickets(b); goto done
    :: else -> goto done
    fi
  }
  atomic { /* ticket: convert, under the lock of the hold */
    if
#ifdef NO_LOOK_AT_CONVERTED
    :: hold[b] == CONVERTED -> tickets[b]++; issued = true
#else
    :: hold[b] == CONVERTED -> issued = true
#endif
    :: hold[b] == BOUND -> hold[b] = CONVERTED; tickets[b]++; issued = true
    :: hold[b] == ENDED && seatIsFree -> hold[b] = CONVERTED; tickets[b]++; issued = true
    :: else -> issued = false
    fi;
    judge();
    FAULT("convert-hold/converted");
    FAULT("issue-tickets/issued")
  }
  atomic {
    if
    :: !issued -> refundInFull(b, false); FAULT("refund-booking/decided")
    :: issued ->
      if
      :: status[b] == PAID && !fulfilled[b] -> fulfilled[b] = true
      :: status[b] == REFUNDED -> fulfilled[b] = false
      :: else -> skip
      fi;
      FAULT("issue-tickets/noted")
    fi;
done:
    if :: isJob -> issueJob[b] = false :: else -> skip fi;
    DONE
  }
}

/* sendRefund: by the refund's own id, which the provider knows it by. Two may be at it. */
#undef FORGET
#define FORGET b = 0; atWork--
proctype sender() {
  byte b;
idle:
  atomic {
    if :: refund[0] == TO_SEND :: refund[1] == TO_SEND -> b = 1 fi;
    atWork++;
#ifdef NO_KEY_OF_REFUND
    returned[b]++;
#else
    returned[b] = 1;
#endif
    audit(b);
    FAULT("send-refund/sent")
  }
  atomic {
    if :: refund[b] == TO_SEND ->
      refund[b] = SENT; sent[b]++; audit(b)
    :: else -> skip
    fi;
    FAULT("send-refund/noted");
    DONE
  }
}

/* ── Ticket's jobs and sweeps: the end of holds ── */

#undef FORGET
#define FORGET b = 0; over = false; atWork--
proctype ender() {
  byte b; bool over;
idle:
  atomic {
    if
    :: hold[0] == LOOSE -> hold[0] = ENDED; goto idle /* whenever its time is over */
    :: hold[1] == LOOSE -> hold[1] = ENDED; goto idle
    :: hold[0] == BOUND && time[0] == LAPSED
    :: hold[1] == BOUND && time[1] == LAPSED -> b = 1
    fi;
    atWork++;
    /* expireBookings, in booking: what is overdue is expired first, on its locked row */
#ifdef NO_QUESTION
    over = true;
#else
    if
    :: status[b] == PENDING && isUnpaid(b) -> assert(!paidInTime[b]); status[b] = EXPIRED; fulfilled[b] = false; over = true
    :: else -> over = (status[b] != PENDING && status[b] != PAID)
    fi;
#endif
    FAULT("end-hold/asked")
  }
  atomic {
    if :: over && hold[b] == BOUND -> hold[b] = ENDED; judge() :: else -> skip fi;
    FAULT("end-hold/ended");
    DONE
  }
}

/* ── Nothing moves any more: invariants 3, 4 and 5, and nothing is held for ever ── */

inline rest(b) {
  assert((status[b] == PAID) == (tickets[b] == 1) && tickets[b] <= 1 && fulfilled[b]);
  assert((page[b] == MONEY_TAKEN) - returned[b] == fromProvider[b] + stray[b] - sent[b]);
  assert(page[b] != MONEY_TAKEN || (payment[b] == CAPTURED && status[b] == PAID) + returned[b] == 1)
}

/* Nothing is left to do for a booking, but what people may still come to do. */
#define isQuiet(b) (IS_RIVAL(b) || !toSettle(b) && !toRelease(b) && !toCancel(b) && !issueJob[b] && !(status[b] == PAID && TO_SWEEP(b)) && \
    refund[b] != TO_SEND && hold[b] != LOOSE && hold[b] != BOUND && status[b] != PENDING)

/*
 * The second buyer. What passes between the two is the seat alone, so of the second one's sale counts when it takes the seat and when it
 * gives it back: by a hold that ends, by a ticket that is issued, and by one that is cancelled; again and again. With -D BOTH both are
 * gone through with all their steps, which takes hours.
 */
proctype rival() {
  do
  :: atomic { hold[1] != BOUND && tickets[1] == 0 && CONDITION_OF_TAKING -> hold[1] = BOUND; judge() }
  :: atomic { hold[1] == BOUND -> hold[1] = ENDED }
  :: atomic { hold[1] == BOUND -> hold[1] = CONVERTED; tickets[1]++; judge() }
  :: atomic { hold[1] == CONVERTED && tickets[1] == 1 -> tickets[1] = 0 }
  od
}

init {
  atomic {
    atWork = 1;
    run buyer(0);
#ifdef BOTH
    atWork++;
    run buyer(1);
#else
    run rival();
#endif
    run world(); run people();
    run settler();
    run expirer(); run releaser(); run canceller();
    run issuer(true); run issuer(false);
    run sender();
    run ender()
  }
  do
  :: atomic { atWork == 0 && isQuiet(0) && isQuiet(1) -> rest(0); if :: IS_RIVAL(1) -> skip :: else -> rest(1) fi }
  od
}
