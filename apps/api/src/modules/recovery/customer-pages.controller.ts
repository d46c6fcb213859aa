import { Body, Controller, Get, Ip, Param, Post } from '@nestjs/common';
import type { z } from 'zod';
import { Unauthenticated } from '../../platform/auth/requires.ts';
import { Refuses, Returns } from '../../platform/http/returns.ts';
import { CardNotConfirmed, LinkUnknown, TooManyGuesses } from '../customers/customer-links.errors.ts';
import { cardForm, tokenParam } from '../customers/customer-links.schemas.ts';
import { PayPageService } from './pay-page.service.ts';
import { NothingToPay } from './recovery.errors.ts';
import { answerSurvey, payOutcome, payPage, payWithCard, surveyPage } from './recovery.schemas.ts';
import { SurveyService } from './survey.service.ts';

const because = 'the link in the mail is the credential: 256 bits, one purpose, 30 days, limited guesses';
type Token = z.output<typeof tokenParam>;

/** What customers reach by the links in their mails, without an account. */
@Controller()
export class CustomerPagesController {
  constructor(
    private readonly payPage: PayPageService,
    private readonly survey: SurveyService,
  ) {}

  @Get('pay/:token')
  @Unauthenticated(because, 'portal')
  @Returns(200, payPage)
  @Refuses(LinkUnknown, TooManyGuesses)
  getPayPage(@Param({ schema: tokenParam }) { token }: Token, @Ip() address: string) {
    return this.payPage.show(token, address);
  }

  /** What Stripe.js needs to take a card. */
  @Post('pay/:token/card-form')
  @Unauthenticated(because, 'portal')
  @Returns(200, cardForm)
  @Refuses(LinkUnknown, TooManyGuesses, NothingToPay)
  openCardForm(@Param({ schema: tokenParam }) { token }: Token, @Ip() address: string) {
    return this.payPage.cardForm(token, address);
  }

  /** Pays with the card that Stripe.js confirmed, and keeps it for the next time. */
  @Post('pay/:token/pay')
  @Unauthenticated(because, 'portal')
  @Returns(200, payOutcome)
  @Refuses(LinkUnknown, TooManyGuesses, NothingToPay, CardNotConfirmed)
  payWithCard(
    @Param({ schema: tokenParam }) { token }: Token,
    @Body({ schema: payWithCard }) body: z.output<typeof payWithCard>,
    @Ip() address: string,
  ) {
    return this.payPage.pay(token, body.setup_intent, address);
  }

  @Get('survey/:token')
  @Unauthenticated(because, 'portal')
  @Returns(200, surveyPage)
  @Refuses(LinkUnknown, TooManyGuesses)
  getSurvey(@Param({ schema: tokenParam }) { token }: Token, @Ip() address: string) {
    return this.survey.show(token, address);
  }

  /** Answers the survey. The first answer stays. */
  @Post('survey/:token')
  @Unauthenticated(because, 'portal')
  @Returns(200, surveyPage)
  @Refuses(LinkUnknown, TooManyGuesses)
  answerSurvey(
    @Param({ schema: tokenParam }) { token }: Token,
    @Body({ schema: answerSurvey }) body: z.output<typeof answerSurvey>,
    @Ip() address: string,
  ) {
    return this.survey.answer(token, body, address);
  }
}
