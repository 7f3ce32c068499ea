"""Data: the treatments of each demonstration community, the most common first."""

TREATMENTS = {
    # All members of these two communities are in a trial, so its arms come first.
    "rheumatoid-arthritis": "Active drug (trial arm), Placebo (trial arm), methotrexate, prednisone, adalimumab, "
    "etanercept, hydroxychloroquine, tocilizumab, leflunomide, sulfasalazine, paracetamol, abatacept, baricitinib, "
    "rituximab, upadacitinib, tofacitinib, certolizumab pegol, sarilumab, ibuprofen, folic acid, physiotherapy, joint injection, wrist splint, joint replacement, synovectomy",
    "epilepsy": "progabide, Placebo (trial arm), levetiracetam, lamotrigine, valproic acid, carbamazepine, lacosamide, "
    "topiramate, brivaracetam, clobazam, oxcarbazepine, eslicarbazepine, perampanel, cenobamate, clonazepam, vagus nerve stimulator, "
    "ketogenic diet, epilepsy surgery, sleep routine, keeping a trigger diary",
    "multiple-sclerosis": "ocrelizumab, natalizumab, dimethyl fumarate, fingolimod, interferon beta-1a, glatiramer acetate, "
    "teriflunomide, ofatumumab, cladribine, physiotherapy, vitamin D, baclofen, fampridine, methylprednisolone, "
    "interferon beta-1b, siponimod, ozanimod, ponesimod, alemtuzumab, tizanidine, oxybutynin, mirabegron, modafinil, "
    "gabapentin, foot drop splint, yoga, occupational therapy, walking stick, adapted physical activity",
    "type-2-diabetes": "metformin, empagliflozin, dapagliflozin, semaglutide, gliclazide, dulaglutide, sitagliptin, "
    "insulin glargine, liraglutide, atorvastatin, glimepiride, repaglinide, vildagliptin, walking, dietitian support, "
    "low-carbohydrate diet, continuous glucose monitor, patient education programme, bariatric surgery",
    "type-1-diabetes": "insulin aspart, insulin glargine, insulin lispro, insulin degludec, insulin pump, "
    "continuous glucose monitor, glucagon, patient education programme, dietitian support, cycling",
    "fibromyalgia": "duloxetine, pregabalin, amitriptyline, tramadol, paracetamol, milnacipran, TENS, physiotherapy, hydrotherapy, "
    "spa treatment, adapted physical activity, cognitive behavioural therapy, magnesium, pacing, tai chi, melatonin, "
    "hypnosis, pain clinic, relaxation",
    "depression": "sertraline, escitalopram, venlafaxine, fluoxetine, mirtazapine, paroxetine, duloxetine, vortioxetine, "
    "citalopram, agomelatine, bupropion, clomipramine, quetiapine, psychotherapy, cognitive behavioural therapy, "
    "mindfulness, light therapy lamp, transcranial magnetic stimulation, electroconvulsive therapy, walking, sleep routine",
    "bipolar-disorder": "lithium, lamotrigine, quetiapine, valproic acid, olanzapine, aripiprazole, risperidone, psychoeducation, "
    "psychotherapy, sleep routine, mindfulness",
    "asthma": "salbutamol, budesonide, formoterol, fluticasone, salmeterol, beclometasone, montelukast, omalizumab, dupilumab, "
    "mepolizumab, benralizumab, tiotropium, cetirizine, inhaler spacer, bronchial thermoplasty, patient education programme, "
    "stopping smoking",
    "copd": "tiotropium, salbutamol, umeclidinium, indacaterol, glycopyrronium, fluticasone, formoterol, roflumilast, "
    "azithromycin, prednisone, varenicline, nicotine, pulmonary rehabilitation, oxygen at home, stopping smoking, "
    "non-invasive ventilation, walking",
    "crohn-disease": "adalimumab, infliximab, azathioprine, ustekinumab, vedolizumab, budesonide, prednisone, mercaptopurine, "
    "risankizumab, upadacitinib, methotrexate, loperamide, bowel resection, vitamin B12, high-calorie drinks, low-FODMAP diet",
    "ulcerative-colitis": "mesalazine, prednisone, infliximab, adalimumab, vedolizumab, azathioprine, golimumab, ustekinumab, "
    "tofacitinib, budesonide, probiotics, bowel resection, dietitian support",
    "parkinson-disease": "levodopa and carbidopa, pramipexole, ropinirole, rasagiline, rotigotine, entacapone, opicapone, "
    "safinamide, amantadine, apomorphine, rivastigmine, melatonin, physiotherapy, speech therapy, tai chi, "
    "deep brain stimulation, walking, cycling",
    "ankylosing-spondylitis": "naproxen, etoricoxib, ketoprofen, adalimumab, etanercept, secukinumab, golimumab, ixekizumab, "
    "bimekizumab, upadacitinib, celecoxib, infliximab, physiotherapy, swimming, spa treatment, stopping smoking",
    "psoriasis": "calcipotriol, methotrexate, adalimumab, secukinumab, guselkumab, risankizumab, ixekizumab, apremilast, "
    "acitretin, ciclosporin, bimekizumab, phototherapy, emollient cream, spa treatment, cutting down alcohol",
    "systemic-lupus-erythematosus": "hydroxychloroquine, prednisone, mycophenolic acid, azathioprine, belimumab, methotrexate, "
    "anifrolumab, cyclophosphamide, rituximab, vitamin D, sun protection, pacing",
    "endometriosis": "dienogest, desogestrel, ibuprofen, ketoprofen, mefenamic acid, leuprorelin, triptorelin, hormonal intrauterine device, "
    "laparoscopy, TENS, pelvic floor therapy, osteopathy, yoga, omega-3, pain clinic",
    "migraine": "sumatriptan, zolmitriptan, eletriptan, rizatriptan, propranolol, topiramate, amitriptyline, erenumab, galcanezumab, "
    "fremanezumab, candesartan, metoprolol, rimegepant, naproxen, ibuprofen, botulinum toxin, magnesium, riboflavin, nerve block, "
    "acupuncture, relaxation, keeping a trigger diary",
    "breast-cancer": "tamoxifen, letrozole, anastrozole, exemestane, radiotherapy, trastuzumab, paclitaxel, docetaxel, palbociclib, "
    "ribociclib, abemaciclib, fulvestrant, capecitabine, goserelin, lumpectomy, mastectomy, compression garments, "
    "adapted physical activity, acupuncture, psychotherapy",
    "prostate-cancer": "leuprorelin, radiotherapy, prostatectomy, triptorelin, bicalutamide, enzalutamide, abiraterone, apalutamide, "
    "darolutamide, degarelix, docetaxel, tadalafil, pelvic floor therapy, adapted physical activity",
    "hypertension": "amlodipine, ramipril, perindopril, losartan, irbesartan, valsartan, candesartan, telmisartan, lisinopril, enalapril, "
    "hydrochlorothiazide, indapamide, bisoprolol, nebivolol, lercanidipine, spironolactone, blood pressure monitor, low-salt diet, "
    "walking, relaxation",
    "heart-failure": "sacubitril and valsartan, bisoprolol, furosemide, dapagliflozin, spironolactone, eplerenone, empagliflozin, "
    "ramipril, carvedilol, ivabradine, digoxin, apixaban, rivaroxaban, acetylsalicylic acid, pacemaker, implantable defibrillator, "
    "coronary stent, cardiac rehabilitation, low-salt diet",
    "chronic-kidney-disease": "ramipril, irbesartan, dapagliflozin, furosemide, darbepoetin alfa, sevelamer, alfacalcidol, finerenone, "
    "ferrous sulfate, tacrolimus, mycophenolic acid, haemodialysis, peritoneal dialysis, kidney transplant, low-salt diet, "
    "dietitian support",
    "osteoarthritis": "paracetamol, ibuprofen, diclofenac, naproxen, celecoxib, tramadol, glucosamine, duloxetine, physiotherapy, joint injection, "
    "joint replacement, curcumin, walking stick, spa treatment, swimming, cycling",
    "gout": "allopurinol, colchicine, febuxostat, naproxen, prednisone, anakinra, low-purine diet, cutting down alcohol",
    "irritable-bowel-syndrome": "phloroglucinol, mebeverine, linaclotide, macrogol, loperamide, amitriptyline, peppermint oil, psyllium, "
    "probiotics, low-FODMAP diet, hypnosis, cognitive behavioural therapy, walking",
    "hashimoto-thyroiditis": "levothyroxine, liothyronine, selenium, vitamin D, magnesium, gluten-free diet, walking",
    "hiv": "dolutegravir, lamivudine, rilpivirine, tenofovir alafenamide, darunavir, raltegravir, doravirine, cabotegravir, abacavir, rosuvastatin, "
    "psychotherapy, adapted physical activity, stopping smoking",
    "chronic-hepatitis-b": "entecavir, tenofovir disoproxil, tenofovir alafenamide, peginterferon alfa-2a, cutting down alcohol",
    "long-covid": "paracetamol, propranolol, ivabradine, melatonin, salbutamol, pacing, pulmonary rehabilitation, cognitive rehabilitation, "
    "physiotherapy, compression garments, coenzyme Q10, vitamin B12, scheduled naps",
    "adhd": "methylphenidate, atomoxetine, lisdexamfetamine, bupropion, melatonin, cognitive behavioural therapy, psychoeducation, mindfulness, "
    "omega-3, sleep routine",
    "alzheimer-disease": "donepezil, memantine, rivastigmine, galantamine, citalopram, speech therapy, occupational therapy, "
    "cognitive rehabilitation, walking",
    "atopic-dermatitis": "emollient cream, tacrolimus, dupilumab, tralokinumab, upadacitinib, abrocitinib, pimecrolimus, cetirizine, hydroxyzine, "
    "ciclosporin, methotrexate, phototherapy, spa treatment, probiotics",
    "polycystic-ovary-syndrome": "metformin, spironolactone, letrozole, clomifene, desogestrel, inositol, vitamin D, low-carbohydrate diet, "
    "adapted physical activity, psychotherapy",
    "restless-legs-syndrome": "pramipexole, ropinirole, rotigotine, gabapentin, pregabalin, ferrous sulfate, clonazepam, magnesium, relaxation, "
    "compression garments, walking",
    "celiac-disease": "gluten-free diet, ferrous sulfate, vitamin B12, folic acid, vitamin D, calcium, dietitian support",
    "amyotrophic-lateral-sclerosis": "riluzole, edaravone, baclofen, non-invasive ventilation, feeding tube, wheelchair, physiotherapy, "
    "speech therapy, high-calorie drinks, occupational therapy",
    "cystic-fibrosis": "ivacaftor with tezacaftor and elexacaftor, dornase alfa, pancreatin, azithromycin, tobramycin, ivacaftor, "
    "airway clearance device, physiotherapy, high-calorie drinks, vitamin D, lung transplant, adapted physical activity",
    "myasthenia-gravis": "pyridostigmine, prednisone, azathioprine, human immunoglobulin, mycophenolic acid, efgartigimod alfa, eculizumab, "
    "rituximab, thymectomy, plasma exchange, pacing",
    "sarcoidosis": "prednisone, methotrexate, hydroxychloroquine, azathioprine, infliximab, adalimumab, pulmonary rehabilitation, vitamin D, walking",
    "systemic-sclerosis": "nifedipine, mycophenolic acid, bosentan, iloprost, methotrexate, nintedanib, tocilizumab, cyclophosphamide, rituximab, "
    "sildenafil, autologous stem cell transplant, physiotherapy, emollient cream",
    "sjogren-syndrome": "hydroxychloroquine, pilocarpine, eye drops for dry eyes, paracetamol, methotrexate, rituximab, omega-3, pacing, gabapentin",
    "behcet-disease": "colchicine, prednisone, azathioprine, adalimumab, infliximab, apremilast, ciclosporin, pacing",
    "huntington-disease": "tetrabenazine, tiapride, olanzapine, risperidone, sertraline, speech therapy, physiotherapy, high-calorie drinks, "
    "feeding tube, psychotherapy",
    "fabry-disease": "agalsidase beta, agalsidase alfa, migalastat, carbamazepine, gabapentin, ramipril, kidney transplant, pacing",
    "gaucher-disease": "imiglucerase, velaglucerase alfa, eliglustat, vitamin D, calcium, blood transfusion, physiotherapy",
    "idiopathic-pulmonary-fibrosis": "nintedanib, pirfenidone, oxygen at home, pulmonary rehabilitation, lung transplant, loperamide, walking",
    "pulmonary-arterial-hypertension": "tadalafil, ambrisentan, macitentan, sildenafil, bosentan, selexipag, treprostinil, riociguat, furosemide, "
    "oxygen at home, lung transplant, pulmonary rehabilitation",
    "narcolepsy": "modafinil, sodium oxybate, pitolisant, methylphenidate, solriamfetol, venlafaxine, scheduled naps, sleep routine",
    "hypermobile-ehlers-danlos": "paracetamol, tramadol, duloxetine, gabapentin, propranolol, physiotherapy, compression garments, TENS, hydrotherapy, wrist splint, "
    "wheelchair, pacing, pain clinic",
    "marfan-syndrome": "losartan, propranolol, bisoprolol, irbesartan, aortic root surgery, physiotherapy, walking, blood pressure monitor",
    "sickle-cell-disease": "hydroxycarbamide, folic acid, phenoxymethylpenicillin, paracetamol, tramadol, blood transfusion, deferasirox, L-glutamine, "
    "relaxation, patient education programme",
    "neurofibromatosis-type-1": "selumetinib, gabapentin, pregabalin, paracetamol, methylphenidate, physiotherapy, psychotherapy, vitamin D",
    "addison-disease": "hydrocortisone, fludrocortisone, prednisolone, vitamin D, patient education programme, sleep routine",
    "chronic-inflammatory-demyelinating-polyneuropathy": "human immunoglobulin, prednisone, gabapentin, plasma exchange, rituximab, azathioprine, "
    "efgartigimod alfa, physiotherapy, foot drop splint, walking stick, pacing",
    "primary-biliary-cholangitis": "ursodeoxycholic acid, obeticholic acid, bezafibrate, sertraline, vitamin D, calcium, liver transplant, emollient cream",
    "acute-intermittent-porphyria": "hemin, givosiran, propranolol, gabapentin, psychotherapy, keeping a trigger diary, liver transplant",
    "giant-cell-arteritis": "prednisone, tocilizumab, methotrexate, acetylsalicylic acid, vitamin D, calcium, zoledronic acid, low-salt diet",
    "dermatomyositis": "prednisone, methotrexate, human immunoglobulin, hydroxychloroquine, azathioprine, mycophenolic acid, rituximab, "
    "physiotherapy, sun protection, vitamin D",
    "multiple-myeloma": "lenalidomide, daratumumab, bortezomib, dexamethasone, carfilzomib, pomalidomide, zoledronic acid, "
    "autologous stem cell transplant, radiotherapy, adapted physical activity",
}
