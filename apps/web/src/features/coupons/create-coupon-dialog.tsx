'use client';

import { Button } from '@billingos/ui/components/button';
import { Dialog, DialogContent, DialogTrigger } from '@billingos/ui/components/dialog';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { CouponForm } from './coupon-form.tsx';

export function CreateCouponDialog() {
  const { can } = useEnvironment();
  const [open, setOpen] = useState(false);
  if (!can('catalog:write')) return null;
  return (
    <Dialog open={open} onOpenChange={setOpen}>
      <DialogTrigger asChild>
        <Button variant="primary">
          <Plus aria-hidden />
          New coupon
        </Button>
      </DialogTrigger>
      <DialogContent title="New coupon" description="What it takes off cannot be changed later.">
        <CouponForm onCreated={() => setOpen(false)} />
      </DialogContent>
    </Dialog>
  );
}
